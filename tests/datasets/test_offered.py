"""What lies in the data folder is offered, whatever it is called, and looking for it is quick."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import small_set

from cxr_core.datasets import offered
from cxr_core.datasets.offered import found_below, is_sign, sign_of


def test_the_folder_and_every_set_in_it_are_offered_the_known_names_first(tmp_path: Path) -> None:
    for name in ("covid", "a hospital's own", "data", "nih", "other", "x" * 200):
        small_set.draw_set(tmp_path / name, patients=1, films=1)
    (tmp_path / "dicom").mkdir()
    small_set.draw_set(tmp_path / ".hidden", patients=1, films=1)
    (tmp_path / "Data_Entry.csv").write_text((tmp_path / "nih" / small_set.NEWER).read_text())
    found = found_below(tmp_path)
    assert [path.name for path in found.values()] == [
        tmp_path.name, "nih", "covid", "a hospital's own", "data", "other", "x" * 200,
    ]
    assert list(found)[:3] == ["data", "nih", "covid"] and all(map(is_sign, list(found)[3:]))
    assert found[sign_of("data")] == tmp_path / "data" and max(map(len, found)) < 40
    assert found_below(tmp_path / "none") == {}


def test_a_folder_of_many_files_is_not_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offered, "_MOST_ENTRIES", 30)
    monkeypatch.setattr(offered, "_MOST_FOLDERS", 3)
    small_set.draw_set(tmp_path / "b", patients=1, films=1)
    small_set.draw_set(tmp_path / "nih", patients=1, films=1)
    for name in ("a", "c", "d"):
        (tmp_path / name).mkdir()
    for number in range(31):
        (tmp_path / "c" / f"{number}.png").touch()
        (tmp_path / "nih" / f"{number}.png").touch()
    (tmp_path / "c" / small_set.NEWER).write_text((tmp_path / "b" / small_set.NEWER).read_text())
    small_set.draw_set(tmp_path / "e", patients=1, films=1)  # the fourth
    assert found_below(tmp_path) == {"nih": tmp_path / "nih", sign_of("b"): tmp_path / "b"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_folder_that_may_not_be_read_is_not_offered(tmp_path: Path) -> None:
    small_set.draw_set(tmp_path / "own", patients=1, films=1)
    (tmp_path / "own").chmod(0)
    try:
        assert found_below(tmp_path) == {}
    finally:
        (tmp_path / "own").chmod(0o700)
