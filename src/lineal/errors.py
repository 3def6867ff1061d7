"""Every error Lineal raises: one tree, one canonical code each.

The codes are gRPC's (and ML Metadata's). `STATUS` is the only table that turns a code into an HTTP
status, a gRPC status number or a process exit code.

    LinealError
     ├─ InvalidArgument
     │   ├─ CausalityViolation
     │   ├─ FilterSyntaxError
     │   ├─ PropertyTypeMismatch
     │   └─ UnknownType
     ├─ NotFound
     ├─ AlreadyExists
     ├─ PermissionDenied
     │   └─ StoreReadOnly
     ├─ Unauthenticated
     ├─ ResourceExhausted
     │   └─ StoreFull
     ├─ FailedPrecondition
     │   ├─ NotALinealStore
     │   ├─ NotRunnable
     │   │   └─ NotToBeHad
     │   ├─ PolicyRefused
     │   └─ SchemaVersionMismatch
     ├─ Aborted
     │   └─ WriteConflict
     ├─ Unavailable
     │   ├─ StoreTimeout
     │   └─ StoreUnavailable
     ├─ DataLoss
     │   ├─ FileCorrupt
     │   └─ LedgerBroken
     └─ MissingExtra
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Code(Enum):
    """Canonical error codes; the value is gRPC's status number."""

    INVALID_ARGUMENT = 3
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class Status(NamedTuple):
    """What a code becomes outside Python."""

    http: int
    grpc: int
    exit: int


STATUS: dict[Code, Status] = {
    Code.INVALID_ARGUMENT: Status(400, 3, 2),
    Code.NOT_FOUND: Status(404, 5, 3),
    Code.ALREADY_EXISTS: Status(409, 6, 4),
    Code.PERMISSION_DENIED: Status(403, 7, 5),
    Code.RESOURCE_EXHAUSTED: Status(507, 8, 6),
    Code.FAILED_PRECONDITION: Status(412, 9, 7),
    Code.ABORTED: Status(409, 10, 8),
    Code.UNIMPLEMENTED: Status(501, 12, 9),
    Code.INTERNAL: Status(500, 13, 10),
    Code.UNAVAILABLE: Status(503, 14, 11),
    Code.DATA_LOSS: Status(500, 15, 12),
    Code.UNAUTHENTICATED: Status(401, 16, 13),
}


class LinealError(Exception):
    """The root: a sentence for a person, and a hint that says what to do next."""

    code: Code = Code.INTERNAL

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    @property
    def status(self) -> Status:
        """HTTP status, gRPC status and exit code of this error."""
        return STATUS[self.code]


class InvalidArgument(LinealError):
    """The call can never succeed as it was made."""

    code = Code.INVALID_ARGUMENT


class PropertyTypeMismatch(InvalidArgument):
    """A property's value is not of the type its schema declares."""


class FilterSyntaxError(InvalidArgument):
    """A filter cannot be read; `position` is the 0-based offset of the first wrong character."""

    def __init__(self, message: str, *, position: int, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.position = position


class UnknownType(InvalidArgument):
    """A node names a type that the store does not have."""


class CausalityViolation(InvalidArgument):
    """The facts contradict time: a cycle, an output older than its execution, an input made after its use."""


class NotFound(LinealError):
    """What was asked for is not in the store."""

    code = Code.NOT_FOUND


class AlreadyExists(LinealError):
    """The name, version or id is taken by something else."""

    code = Code.ALREADY_EXISTS


class PermissionDenied(LinealError):
    """The caller, or the operating system, may not do this."""

    code = Code.PERMISSION_DENIED


class StoreReadOnly(PermissionDenied):
    """The store's file or directory cannot be written."""


class Unauthenticated(LinealError):
    """Nobody vouches for the caller."""

    code = Code.UNAUTHENTICATED


class ResourceExhausted(LinealError):
    """A limit was reached: disk, size or number."""

    code = Code.RESOURCE_EXHAUSTED


class StoreFull(ResourceExhausted):
    """The disk is full; nothing of the write was kept."""


class FailedPrecondition(LinealError):
    """The state of the system forbids the call."""

    code = Code.FAILED_PRECONDITION


class NotALinealStore(FailedPrecondition):
    """The file or database is something else."""


class SchemaVersionMismatch(FailedPrecondition):
    """The store's schema is newer or older than this Lineal."""

    def __init__(self, message: str, *, found: str, wanted: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.found = found
        self.wanted = wanted


class NotRunnable(FailedPrecondition):
    """A recipe cannot be run again; `missing` names what is not there."""

    def __init__(self, message: str, *, missing: tuple[str, ...], hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.missing = missing


class NotToBeHad(NotRunnable):
    """A package comes as source only, has no file for this machine, or is in no index any more; `name` names it."""

    def __init__(self, message: str, *, name: str, hint: str | None = None) -> None:
        super().__init__(message, missing=("lock", name), hint=hint)
        self.name = name.partition("==")[0].partition(" @ ")[0].strip()


class PolicyRefused(FailedPrecondition):
    """A policy forbids it; `rule` names the rule."""

    def __init__(self, message: str, *, rule: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.rule = rule


class Aborted(LinealError):
    """The call lost to another one."""

    code = Code.ABORTED


class WriteConflict(Aborted):
    """A race was lost and nothing was written: safe to try again."""


class Unavailable(LinealError):
    """The store cannot be reached now; trying later may succeed."""

    code = Code.UNAVAILABLE


class StoreUnavailable(Unavailable):
    """The store cannot be opened."""


class StoreTimeout(Unavailable):
    """Another writer held the store for too long."""


class DataLoss(LinealError):
    """Bytes are not what they were."""

    code = Code.DATA_LOSS


class LedgerBroken(DataLoss):
    """The ledger and the tables disagree; `entry` is the first broken entry, `finding` says how."""

    def __init__(self, message: str, *, entry: int | None, finding: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.entry = entry
        self.finding = finding


class FileCorrupt(DataLoss):
    """A file's content does not have the fingerprint it was stored under."""


class MissingExtra(LinealError, ImportError):
    """An optional part is not installed; the hint is the pip command that adds it."""

    code = Code.UNIMPLEMENTED

    def __init__(self, feature: str, *, extra: str) -> None:
        super().__init__(
            f"{feature} needs an optional part that is not installed.",
            hint=f"pip install 'lineal[{extra}]'",
        )
        self.extra = extra

    def __str__(self) -> str:
        # In a traceback nobody prints the hint.
        return f"{self.message} {self.hint}"
