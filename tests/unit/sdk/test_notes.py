"""Notes of processes: whole lines count, whenever the process that wrote them was killed."""

from __future__ import annotations

from lineal.capture.outlet import VARIABLE
from lineal.sdk.notes import Notes, read_notes


def test_a_process_that_was_killed_as_it_began_is_passed_over_and_a_line_cut_off_as_well(tmp_path):
    notes = Notes(tmp_path, is_worker=False)
    notes.begin()
    notes.tell(VARIABLE, ["FACTOR"])
    (tmp_path / "notes-1").write_bytes(b"")
    (tmp_path / "notes-2").write_bytes(b'["began", "/a/tr')
    (written,) = [path for path in tmp_path.iterdir() if path.name not in {"notes-1", "notes-2"}]
    with written.open("ab") as file:
        file.write(b'["variable", "SCA')

    (process,) = read_notes(tmp_path)

    assert process.all_of(VARIABLE) == [["FACTOR"]]
    assert not process.has_ended


def test_a_directory_that_is_gone_is_no_error_for_a_process_that_goes_on(tmp_path):
    notes = Notes(tmp_path / "gone", is_worker=False)
    notes.begin()
    notes.tell(VARIABLE, ["FACTOR"])
    notes.end(records=False)
    assert read_notes(tmp_path / "gone") == []


def test_a_process_that_told_more_than_is_kept_of_it_has_ended_all_the_same(tmp_path):
    notes = Notes(tmp_path, is_worker=False)
    notes.begin()
    for number in range(3_000):
        notes.tell(VARIABLE, [f"FACTOR_{number}"])
    notes.end(records=True)

    (process,) = read_notes(tmp_path)

    assert len(process.all_of(VARIABLE)) < 3_000
    assert process.has_ended
    assert process.recorded_at
