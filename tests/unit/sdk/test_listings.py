"""What lies in a directory as the program asks for its names."""

from __future__ import annotations

from lineal.sdk.listings import Listings


def test_a_link_that_leads_nowhere_does_not_hide_the_files_beside_it(tmp_path):
    (tmp_path / "a.csv").write_text("1", encoding="utf-8")
    (tmp_path / "classes").mkdir()
    (tmp_path / "lost").symlink_to(tmp_path / "gone")
    listings = Listings()

    listings.note(str(tmp_path))

    found = listings.directories[str(tmp_path)]
    assert (found.files, found.number) == ([str(tmp_path / "a.csv")], 3)
