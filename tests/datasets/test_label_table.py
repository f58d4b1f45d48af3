"""Any folder of films with any table of labels: whose the films are, what is said of them, and which have no row."""

from __future__ import annotations

from pathlib import Path

from cxr_core.datasets.collection import Collection, open_collection
from cxr_core.imaging.phantom import make_phantom


def opened(root: Path, table: str, *films: str) -> Collection:
    """A folder of these films, opened with a table of this text."""
    content = make_phantom(32)
    for film in films:
        (root / film).parent.mkdir(parents=True, exist_ok=True)
        (root / film).write_bytes(content)
    (root / "own.csv").write_text(table)
    return open_collection(root, root / "own.csv")


def test_films_of_nobody_are_patients_of_their_own_though_they_bear_one_name(tmp_path: Path) -> None:
    films = [f"p{number}/view1.png" for number in range(4)]
    found = opened(tmp_path, "path,Mass\n" + "".join(f"{film},1\n" for film in films), *films)
    assert found.index.table["patient"].nunique() == 4 == found.summary.patients
    assert "4 films have no patient: intervals take each as a patient of its own" in found.report.in_words
