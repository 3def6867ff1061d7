"""Hooks hear and do nothing else: results, exceptions, signatures and pickling stay, and undo leaves no trace."""

from __future__ import annotations

import inspect
import json
import pickle
import textwrap
import threading

import pytest

from lineal.integrations.hooks import Call, Patches, after, around, outermost


@pytest.fixture
def patches():
    patches = Patches()
    yield patches
    patches.undo()


def test_a_patched_method_gives_what_it_gave_and_is_told_with_its_result(patches):
    told = []
    patches.patch(json.JSONEncoder, "encode", after(told.append, group="json"))

    assert json.JSONEncoder().encode([1]) == "[1]"
    (call,) = told
    assert (call.argument("o", 1), call.result) == ([1], "[1]")


def test_undo_leaves_the_very_same_attribute_and_none_where_it_was_inherited(patches):
    class Encoder(json.JSONEncoder):
        pass

    before = json.JSONEncoder.encode
    patches.patch(json.JSONEncoder, "encode", after(lambda _call: None, group="json"))
    patches.patch(Encoder, "default", after(lambda _call: None, group="json"))
    assert json.JSONEncoder.encode is not before
    patches.undo()
    assert json.JSONEncoder.encode is before
    assert "default" not in vars(Encoder)


def test_class_and_static_methods_stay_what_they_are(patches):
    class Frame:
        @classmethod
        def made(cls, size):
            return cls, size

        @staticmethod
        def plain(size):
            return size

    raw = dict(vars(Frame))
    told = []
    patches.patch(Frame, "made", after(told.append, group="made"))
    patches.patch(Frame, "plain", after(told.append, group="plain"))
    assert (Frame.made(3), Frame().plain(4)) == ((Frame, 3), 4)
    assert [call.result for call in told] == [(Frame, 3), 4]
    patches.undo()
    assert dict(vars(Frame)) == raw


def test_what_somebody_else_put_over_ours_is_left_to_them(patches):
    class Frame:
        def size(self):
            return 1

    patches.patch(Frame, "size", after(lambda _call: None, group="size"))
    theirs = Frame.size

    def over(self):
        return theirs(self) + 1

    Frame.size = over
    patches.undo()
    assert Frame().size() == 2


def test_a_hook_that_fails_is_one_line_and_the_program_goes_on(patches, capsys):
    def explode(_call):
        raise RuntimeError("no such listener")

    patches.patch(json.JSONEncoder, "encode", after(explode, group="json"))
    assert [json.JSONEncoder().encode([1]), json.JSONEncoder().encode([2])] == ["[1]", "[2]"]
    assert capsys.readouterr().err.count("no such listener") == 1


def test_an_exception_of_the_program_passes_through_and_is_told(patches):
    told = []

    def end(call, begun, error):
        told.append((begun, type(error), call.result))

    patches.patch(json.JSONEncoder, "encode", around(lambda _call: "begun", end, group="json"))
    with pytest.raises(TypeError, match="set is not JSON"):
        json.JSONEncoder().encode({1})
    assert told == [("begun", TypeError, None)]


def test_only_the_outermost_call_of_a_group_is_told_in_each_thread(patches):
    class Model:
        def fit(self, depth):
            return self.fit(depth - 1) + 1 if depth else 0

    told = []
    patches.patch(Model, "fit", after(told.append, group="fit"))
    assert Model().fit(3) == 3
    with outermost("fit"):
        other = threading.Thread(target=lambda: Model().fit(1))
        other.start()
        other.join()
        Model().fit(2)
    assert [call.result for call in told] == [3, 1]


def test_a_hooked_function_keeps_its_signature_and_can_be_pickled(patches):
    before = textwrap.dedent
    patches.patch_function("textwrap", textwrap.dedent, after(lambda _call: None, group="text"))
    assert textwrap.dedent is not before
    assert inspect.signature(textwrap.dedent) == inspect.signature(before)
    assert pickle.loads(pickle.dumps(textwrap.dedent)) is textwrap.dedent
    patches.undo()
    assert textwrap.dedent is before


def test_an_argument_is_found_by_name_or_by_position():
    call = Call(len, (1, 2), {"sep": ";"})
    assert (call.argument("sep"), call.argument("path", 1), call.argument("path", 2)) == (";", 2, None)
