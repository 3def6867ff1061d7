"""Every failure becomes one line, a hint and the documented exit code."""

from __future__ import annotations

import errno

import pytest
import typer

from lineal.cli.exits import ANSWERS, INTERRUPTED
from lineal.cli.failures import report
from lineal.errors import STATUS, LinealError, NotFound, StoreFull


def test_an_error_is_one_line_and_its_hint_another(capsys):
    code = report(NotFound("no model\nx\x1b[31m", hint="did you mean y?"), verbose=False)
    captured = capsys.readouterr()
    assert code == 3
    assert captured.out == ""
    assert captured.err == "error: no model\\nx\\x1b[31m\nhint:  did you mean y?\n"


def test_a_hint_of_several_lines_stays_several_lines(capsys):
    report(NotFound("nothing", hint="like this:\nmodel:delay"), verbose=False)
    assert capsys.readouterr().err == "error: nothing\nhint:  like this:\n       model:delay\n"


@pytest.mark.parametrize("cls", [NotFound, StoreFull, LinealError])
def test_the_exit_code_is_the_one_of_the_table(cls, capsys):
    assert report(cls("x"), verbose=False) == STATUS[cls.code].exit
    assert "error: x" in capsys.readouterr().err


def test_an_unexpected_exception_is_one_line_with_its_class(capsys):
    assert report(ZeroDivisionError("division by zero"), verbose=False) == 10
    captured = capsys.readouterr().err
    assert captured.startswith("error: ZeroDivisionError: division by zero\n")
    assert "Traceback" not in captured
    assert "--verbose" in captured


def test_verbose_prints_the_trace_before_the_line(capsys):
    report(NotFound("nothing here").with_traceback(None), verbose=True)
    captured = capsys.readouterr().err
    assert captured.startswith("lineal.errors.NotFound: nothing here")
    assert captured.rstrip().endswith("error: nothing here")


def test_a_wrong_option_points_at_the_help(capsys):
    assert report(typer.BadParameter("no"), verbose=False) == 2
    assert "--help" in capsys.readouterr().err


def test_interruption_is_one_word(capsys):
    assert report(KeyboardInterrupt(), verbose=False) == INTERRUPTED
    assert capsys.readouterr().err == "interrupted\n"


def test_a_full_disk_under_the_output_has_the_code_of_a_full_disk(capfd):
    assert report(OSError(errno.EACCES, "Permission denied", "out.svg"), verbose=False) == 5
    assert "out.svg: Permission denied" in capfd.readouterr().err


def test_no_answer_shares_its_exit_code_with_an_error():
    assert not set(ANSWERS) & {status.exit for status in STATUS.values()}
