"""ML Metadata's errors: 16 codes, one class each. What `MetadataStore` and the service raise.

StatusError                 message, error_code
 ├─ CancelledError           1      ├─ FailedPreconditionError   9
 ├─ UnknownError             2      ├─ AbortedError             10
 ├─ InvalidArgumentError     3      ├─ OutOfRangeError          11
 ├─ DeadlineExceededError    4      ├─ UnimplementedError       12
 ├─ NotFoundError            5      ├─ InternalError            13
 ├─ AlreadyExistsError       6      ├─ UnavailableError         14
 ├─ PermissionDeniedError    7      ├─ DataLossError            15
 └─ ResourceExhaustedError   8      └─ UnauthenticatedError     16
"""

from __future__ import annotations

from typing import ClassVar

OK = 0
CANCELLED = 1
UNKNOWN = 2
INVALID_ARGUMENT = 3
DEADLINE_EXCEEDED = 4
NOT_FOUND = 5
ALREADY_EXISTS = 6
PERMISSION_DENIED = 7
RESOURCE_EXHAUSTED = 8
FAILED_PRECONDITION = 9
ABORTED = 10
OUT_OF_RANGE = 11
UNIMPLEMENTED = 12
INTERNAL = 13
UNAVAILABLE = 14
DATA_LOSS = 15
UNAUTHENTICATED = 16


class StatusError(Exception):
    """The root: a message and a canonical code. The subclasses take the message only."""

    def __init__(self, message: str, error_code: int) -> None:
        super().__init__(message)
        self.message = message
        self.error_code = error_code

    def __reduce__(self) -> tuple[object, ...]:
        """Say how pickle builds an equal error: from both arguments, not from the message alone."""
        return (type(self), (self.message, self.error_code))


class _OfOneCode(StatusError):
    """Has its code from its class."""

    CODE: ClassVar[int]

    def __init__(self, message: str) -> None:
        super().__init__(message, self.CODE)

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.message,))


class CancelledError(_OfOneCode):
    """The call was cancelled."""

    CODE = CANCELLED


class UnknownError(_OfOneCode):
    """Nothing more is known; also what a code without a class of its own becomes."""

    CODE = UNKNOWN


class InvalidArgumentError(_OfOneCode):
    """The call can never succeed as it was made."""

    CODE = INVALID_ARGUMENT


class DeadlineExceededError(_OfOneCode):
    """No answer came in time; the call may have had its effect."""

    CODE = DEADLINE_EXCEEDED


class NotFoundError(_OfOneCode):
    """What was asked for is not in the store."""

    CODE = NOT_FOUND


class AlreadyExistsError(_OfOneCode):
    """The name, external id, type or event is taken."""

    CODE = ALREADY_EXISTS


class PermissionDeniedError(_OfOneCode):
    """The caller may not do this."""

    CODE = PERMISSION_DENIED


class ResourceExhaustedError(_OfOneCode):
    """A limit was reached: size, number or disk."""

    CODE = RESOURCE_EXHAUSTED


class FailedPreconditionError(_OfOneCode):
    """The state of the store forbids the call."""

    CODE = FAILED_PRECONDITION


class AbortedError(_OfOneCode):
    """A race was lost and nothing was written: the one error that the client tries again."""

    CODE = ABORTED


class OutOfRangeError(_OfOneCode):
    """An index points outside the request."""

    CODE = OUT_OF_RANGE


class UnimplementedError(_OfOneCode):
    """The call, or this use of it, is not offered."""

    CODE = UNIMPLEMENTED


class InternalError(_OfOneCode):
    """The fault is ours."""

    CODE = INTERNAL


class UnavailableError(_OfOneCode):
    """The store or server cannot be reached now."""

    CODE = UNAVAILABLE


class DataLossError(_OfOneCode):
    """Bytes are not what they were."""

    CODE = DATA_LOSS


class UnauthenticatedError(_OfOneCode):
    """Nobody vouches for the caller."""

    CODE = UNAUTHENTICATED


_CLASSES: dict[int, type[_OfOneCode]] = {class_.CODE: class_ for class_ in _OfOneCode.__subclasses__()}


def exception_type_from_error_code(error_code: int) -> type[StatusError]:
    """Return the class of a code from 1 to 16; KeyError for any other."""
    return _CLASSES[error_code]


def make_exception(message: str, error_code: int) -> StatusError:
    """Return the error of a code, UnknownError where the code has no class."""
    return _CLASSES.get(error_code, UnknownError)(message)
