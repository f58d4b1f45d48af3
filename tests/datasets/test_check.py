"""The data check finds each kind of trouble, names it, and says so by its exit status."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from cxr_core.cli import main
from cxr_core.datasets.check import check_source
from cxr_core.datasets.sources import kind_of, read_folder
from cxr_core.errors import DataError

HEADER = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position"


@pytest.fixture
def download(tmp_path: Path) -> Path:
    """Six sound films of three patients, a file each of another grey noise."""
    folder = tmp_path / "images_001" / "images"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    names = [f"{patient:08d}_{number:03d}.png" for patient in (1, 2, 3) for number in (0, 1)]
    for name in names:
        cv2.imwrite(str(folder / name), rng.integers(0, 255, (16, 16), dtype=np.uint8))
    rows = [f"{name},Mass|Nodule,0,{int(name[:8])},50,M,PA" for name in names]
    (tmp_path / "Data_Entry.csv").write_text("\n".join([HEADER, *rows]))
    (tmp_path / "train_val_list.txt").write_text("\n".join(names[:4]))
    (tmp_path / "test_list.txt").write_text("\n".join(names[4:]))
    return tmp_path


def film(root: Path, name: str) -> Path:
    return root / "images_001" / "images" / name


def test_a_sound_set_has_nothing_to_tell(download: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["data", "check", str(download)]) == 0
    words = capsys.readouterr().out
    assert "6 films of 3 patients" in words and "Nothing is missing, broken or doubled" in words and "->" not in words


def test_broken_films_are_named_with_the_reason_and_end_in_1(download: Path, capsys: pytest.CaptureFixture) -> None:
    whole = film(download, "00000001_000.png")
    whole.write_bytes(whole.read_bytes()[:-20])
    film(download, "00000002_001.png").write_bytes(b"")
    assert main(["data", "check", str(download), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [Path(one["path"]).name for one in found["broken"]] == ["00000001_000.png", "00000002_001.png"]
    assert "truncated" in found["broken"][0]["reason"] and "empty" in found["broken"][1]["reason"]
    assert found["films"] == 6 and sum(found["sizes"].values()) == 4 and any("again" in one for one in found["advice"])


def test_missing_films_and_films_without_row_are_named(download: Path) -> None:
    film(download, "00000003_000.png").rename(film(download, "00000009_000.png"))
    found = check_source(read_folder(download))
    assert found.missing_films == ("00000003_000.png",) and found.films_without_row == ("00000009_000",)
    assert not found.is_broken and len(found.advice) == 2


def test_films_doubled_by_name_and_by_pixels_are_told_apart(download: Path) -> None:
    one = film(download, "00000001_000.png")
    (download / "copies").mkdir()
    shutil.copy(one, download / "copies" / one.name)
    pixels = cv2.imread(str(one), cv2.IMREAD_GRAYSCALE)
    other = film(download, "00000003_001.png")
    cv2.imwrite(str(other), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 0])  # other bytes, same pixels
    assert other.read_bytes() != one.read_bytes()
    found = check_source(read_folder(download))
    (name,), (same,) = found.same_name, found.same_pixels
    assert len(name.paths) == 2 and all(path.endswith(one.name) for path in name.paths)
    assert {Path(path).name for path in same.paths} == {one.name, other.name} and same.parts == ("test", "train_val")
    assert any("same pixels stand in two parts" in advice for advice in found.advice)


def test_patients_in_two_parts_are_named(download: Path, capsys: pytest.CaptureFixture) -> None:
    names = [f"{patient:08d}_{number:03d}.png" for patient in (1, 2, 3) for number in (0, 1)]
    (download / "train_val_list.txt").write_text("\n".join(names[:3]))
    (download / "test_list.txt").write_text("\n".join(names[3:]))
    assert check_source(read_folder(download)).patients_in_two_parts == ("2",)
    assert main(["data", "check", str(download)]) == 0
    assert "1 patient stands in two parts:\n    2\n" in capsys.readouterr().out


def test_progress_counts_every_film(download: Path) -> None:
    told: list[tuple[int, int]] = []
    check_source(read_folder(download), lambda done, total: told.append((done, total)))
    assert told == [(done, 6) for done in range(1, 7)]


def test_a_folder_that_is_no_set_is_refused_with_what_it_holds(download: Path, capsys: pytest.CaptureFixture) -> None:
    assert kind_of(download) == "nih" and kind_of(download.parent / "nowhere") is None
    with pytest.raises(DataError, match="There is no folder"):
        read_folder(download / "nowhere")
    outer = download / "outer"
    (outer / "set").mkdir(parents=True)
    shutil.copy(download / "Data_Entry.csv", outer / "set")
    with pytest.raises(DataError, match=r"It holds some: set \(NIH ChestX-ray14 as downloaded\)"):
        read_folder(outer)
    shutil.rmtree(outer / "set")
    (outer / "images_001.tar.gz").write_bytes(b"")
    assert main(["data", "check", str(outer)]) == 2
    assert "unpack them" in capsys.readouterr().err


@pytest.mark.realdata
def test_the_real_download_is_sound_but_for_what_was_left_out(data_folder: Path) -> None:
    found = check_source(read_folder(data_folder / "nih_download"))
    assert found.films == 28 and not found.broken and not found.same_pixels and not found.patients_in_two_parts
    assert found.sizes == {"1024 x 1024": 28} and len(found.missing_films) == 650


@pytest.mark.realdata
@pytest.mark.parametrize(("folder", "kind"), [
    ("nih", "nih_small"), ("nih_download", "nih"), ("coronahack", "coronahack"), ("covid", "covid"), ("dicom", None),
])
def test_each_real_folder_is_recognised(data_folder: Path, folder: str, kind: str | None) -> None:
    assert kind_of(data_folder / folder) == kind
