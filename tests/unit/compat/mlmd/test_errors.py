"""ML Metadata's 16 errors: names, codes, what they carry."""

from __future__ import annotations

import pickle

import pytest

from lineal.compat.mlmd import errors

CLASSES = {
    "CANCELLED": (1, "CancelledError"),
    "UNKNOWN": (2, "UnknownError"),
    "INVALID_ARGUMENT": (3, "InvalidArgumentError"),
    "DEADLINE_EXCEEDED": (4, "DeadlineExceededError"),
    "NOT_FOUND": (5, "NotFoundError"),
    "ALREADY_EXISTS": (6, "AlreadyExistsError"),
    "PERMISSION_DENIED": (7, "PermissionDeniedError"),
    "RESOURCE_EXHAUSTED": (8, "ResourceExhaustedError"),
    "FAILED_PRECONDITION": (9, "FailedPreconditionError"),
    "ABORTED": (10, "AbortedError"),
    "OUT_OF_RANGE": (11, "OutOfRangeError"),
    "UNIMPLEMENTED": (12, "UnimplementedError"),
    "INTERNAL": (13, "InternalError"),
    "UNAVAILABLE": (14, "UnavailableError"),
    "DATA_LOSS": (15, "DataLossError"),
    "UNAUTHENTICATED": (16, "UnauthenticatedError"),
}


@pytest.mark.parametrize(("name", "code", "class_name"), [(name, *rest) for name, rest in CLASSES.items()])
def test_a_code_has_its_constant_and_a_class_that_takes_the_message_only(name, code, class_name):
    raised = getattr(errors, class_name)("what happened")

    assert getattr(errors, name) == code
    assert (raised.message, raised.error_code, str(raised), raised.args) == (
        "what happened",
        code,
        "what happened",
        ("what happened",),
    )
    assert isinstance(raised, errors.StatusError)
    assert errors.exception_type_from_error_code(code) is getattr(errors, class_name)
    assert type(errors.make_exception("what happened", code)) is getattr(errors, class_name)


def test_ok_is_no_error():
    assert errors.OK == 0
    with pytest.raises(KeyError):
        errors.exception_type_from_error_code(errors.OK)


def test_a_code_without_a_class_is_unknown():
    assert type(errors.make_exception("from the future", 77)) is errors.UnknownError


@pytest.mark.parametrize("raised", [errors.StatusError("any", 9), errors.NotFoundError("gone")])
def test_an_error_can_be_pickled(raised):
    again = pickle.loads(pickle.dumps(raised))

    assert (type(again), again.message, again.error_code) == (type(raised), raised.message, raised.error_code)
