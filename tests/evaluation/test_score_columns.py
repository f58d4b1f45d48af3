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


WORDS = [
    "logit", "logits", "conf", "confidence", "out", "pr", "risk", "mean", "calibrated", "probability_of", "mean_prob",
]


@pytest.mark.parametrize("form", [*(f"{word}_{{}}" for word in WORDS), "{}_logit", "{} confidence", "P of {}"])
def test_a_word_for_a_score_marks_one(form: str, tmp_path: Path) -> None:
    told = taken(tmp_path, form.format("Mass"), SCORES)
    assert told.findings == ("Mass",) and told.raw[:, 0].tolist() == SCORES and not told.provenance.remarks[:-1]


@pytest.mark.parametrize("form", ["densenet_{}", "{}_1", "chexnet_prob_{}", "DenseNet-121 {}", "pred_resnet_{}"])
@pytest.mark.parametrize("names", [("Mass", "Pleural Effusion"), ("Pleural_Thickening", "no finding")])
def test_a_strange_word_beside_several_findings_marks_scores_and_is_told_of(
    form: str, names: tuple[str, str], tmp_path: Path
) -> None:
    heads = ",".join(form.format(name) for name in names)
    told = taken(tmp_path, heads, SCORES, SCORES)
    assert len(told.findings) == 2 and told.raw.T.tolist() == [SCORES, SCORES]
    assert f"2 columns named like {form.format(names[0])!r} are taken for scores" in " ".join(told.provenance.remarks)


def test_bare_labels_may_stand_beside_scores_under_a_strange_word(tmp_path: Path) -> None:
    """As pandas names the columns of two tables that it merged: Mass_x beside Mass_y, or beside Mass."""
    for label in ("{}_y", "{}"):
        heads = ",".join(["Mass_x", "Nodule_x", label.format("Mass"), label.format("Nodule")])
        told = taken(tmp_path, heads, SCORES, SCORES[::-1], [1, 0, 0, 1], [0, 0, 1, 0])
        assert told.findings == ("Mass", "Nodule") and told.labels.T.tolist() == [[1, 0, 0, 1], [0, 0, 1, 0]]
        assert told.raw.T.tolist() == [SCORES, SCORES[::-1]]


@pytest.mark.parametrize("heads", ["a_Mass,a_Nodule,b_Mass,b_Nodule", "a_Mass,a_Nodule,Mass_b,Nodule_b"])
def test_two_strange_words_compete_and_are_refused(heads: str, tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="look like scores of something"):
        taken(tmp_path, heads, *[SCORES] * 4)
    told = taken(tmp_path, heads, SCORES, SCORES, *[[0, 1, 1, 0]] * 2)  # the second word's are no scores
    assert told.findings == ("Mass", "Nodule") and told.labels.T.tolist() == [[1, 1, 0, 0], [0, 0, 0, 0]]


def test_one_strange_column_is_no_several(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="'densenet_Mass' of theirs.csv look like scores"):
        taken(tmp_path, "densenet_Mass", SCORES)
