"""Which columns are scores and which labels: told where a table tells, refused where it may be either."""

from __future__ import annotations

from pathlib import Path

import pytest

from cxr_core.errors import ResultsError
from cxr_core.evaluation.importing import import_predictions
from cxr_core.evaluation.results import Results

FILMS = [f"{n:08}_000.png" for n in (1, 2, 3, 4)]
TRUTH = ["Mass|Effusion", "Mass", "No Finding", "Pleural_Thickening"]
SIZES = {
    "as NIH has them": "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]",
    "renamed": "OriginalImage_Width,Height,OriginalImagePixelSpacing_x,y",
}


def taken(folder: Path, head: str, *columns: list, scale: str = "probability") -> Results:
    """What a table of the four films with these columns and a text of findings gives."""
    rows = zip(FILMS, TRUTH, *columns, strict=True)
    text = f"image,Finding Labels,{head}\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
    (folder / "theirs.csv").write_text(text)
    return import_predictions(folder / "theirs.csv", "theirs", scale=scale)


SCORES = [0.9, 0.4, 0.5, 0.1]


@pytest.mark.parametrize("head", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("name", ["prob_Mass", "Mass"])
def test_the_sizes_that_nih_s_own_table_brings_along_are_no_scores(head: str, name: str, tmp_path: Path) -> None:
    told = taken(tmp_path, f"{head},{name}", [2048] * 4, [2500] * 4, [0.143] * 4, [0.139] * 4, SCORES)
    assert told.findings == ("Mass",) and told.raw[:, 0].tolist() == SCORES
    assert "not used" not in " ".join(told.provenance.remarks)


@pytest.mark.parametrize("name", ["time", "threshold", "mean", "loss", "fold", "prob"])
def test_a_column_of_fractions_beside_marked_scores_is_told_of_and_not_used(name: str, tmp_path: Path) -> None:
    told = taken(tmp_path, f"split,prob_Mass,{name}", ["test"] * 4, SCORES, [0.25] * 4)
    assert told.findings == ("Mass",) and f"Columns not used: '{name}'." in told.provenance.remarks
    with pytest.raises(ResultsError, match=f"'{name}' of theirs.csv look like scores"):
        taken(tmp_path, f"split,Mass,{name}", ["test"] * 4, SCORES, [0.25] * 4)


ONES = {"whole": [1, 0, 0, 1], "decimal": ["1.0", "0.0", "0.0", "1.0"], "words": ["True", "False", "False", "True"]}


@pytest.mark.parametrize("values", ONES.values(), ids=ONES)
@pytest.mark.parametrize("name", ["No Finding", "Nodule"])
def test_a_bare_column_of_0_and_1_beside_marked_scores_is_a_label(name: str, values: list, tmp_path: Path) -> None:
    """As one-hot labels of all fourteen or fifteen stand beside the scores of a few."""
    told = taken(tmp_path, f"Mass,prob_Mass,{name}", [1, 1, 0, 0], SCORES, values)
    assert told.findings == ("Mass",) and told.labels[:, 0].tolist() == [1, 1, 0, 0]
    assert told.label_version == "in theirs.csv"
