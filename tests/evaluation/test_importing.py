"""Predictions of others: aligned film by film, or refused in words."""

from __future__ import annotations

import csv
import gzip
import importlib
import io
import json
import shlex
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from cxr_core.cli import main
from cxr_core.datasets.columns import finding_named, recognise
from cxr_core.errors import CxrError, ResultsError
from cxr_core.evaluation.importing import import_predictions
from cxr_core.evaluation.store import file_of, find_stored
from cxr_core.evaluation.summary import summarise
from cxr_core.evaluation.writer import write_results
from cxr_core.findings import NIH14

LABELS = "Image Index,Finding Labels,Patient ID\n" + "".join(
    f"{n:08}_000.png,{text},{n}\n"
    for n, text in enumerate(["Mass|Effusion", "Mass", "No Finding", "Pleural_Thickening"], 1)
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path / "home"))


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    (tmp_path / "labels.csv").write_text(LABELS)
    return tmp_path / "labels.csv"


def write(tmp_path: Path, text: str, name: str = "theirs.csv") -> Path:
    file = tmp_path / name
    file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return file


SCORED = "00000001_000,.9\n00000002_000,.4\n00000003_000,.5\n00000004_000,.1\n"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("Image Index,Mass", "a.csv"),
        ("image,prob_Mass", "a.csv.gz"),
        ("path,MASS_probability", "a.csv"),
        ("filename,P(mass)", "a.csv"),
        ("Img,y_pred_mass", "gzipped.csv.gz"),
        ("\ufeffFile Name,Score Mass", "a.csv"),
        (",Mass", "a.csv"),
        ("Image Index,Mass,,", "a.csv"),
    ],
)
def test_auc_of_a_counted_example_whatever_the_columns_are_called(
    head: str, name: str, tmp_path: Path, labels: Path
) -> None:
    """The two with a mass score .9 and .4, the two without .5 and .1: three of four pairs stand right."""
    told = import_predictions(write(tmp_path, f"{head}\n{SCORED}", name), "theirs", labels=labels)
    (mass,) = summarise(told, "all", replicates=20).findings
    assert (mass.finding, mass.n, mass.positives, mass.auc) == ("Mass", 4, 2, 0.75)


@pytest.mark.parametrize("ending", ["", ".png", ".jpg", ".DCM"])
@pytest.mark.parametrize("folder", ["", "images_001/images/", "C:\\films\\", "/a/b/"])
def test_films_are_known_by_name_with_or_without_path_and_ending(
    folder: str, ending: str, tmp_path: Path, labels: Path
) -> None:
    rows = "".join(f"{folder}{n:08}_000{ending},.{n}\n" for n in (4, 3, 2, 1))
    told = import_predictions(write(tmp_path, "image,Mass\n" + rows), "theirs", labels=labels)
    assert list(told.labels[:, 0]) == [0, 0, 1, 1] and list(told.raw[:, 0]) == [0.4, 0.3, 0.2, 0.1]
    assert list(told.patients) == [4, 3, 2, 1]


@pytest.mark.parametrize("other", ["filename", "path", "name"])
def test_films_are_known_by_the_column_that_the_labels_know(other: str, tmp_path: Path, labels: Path) -> None:
    rows = "".join(f"{n - 1},{n:08}_000.png,.{n}\n" for n in (1, 2, 3, 4))
    file = write(tmp_path, f"image_id,{other},Mass\n{rows}")
    told = import_predictions(file, "theirs", labels=labels)
    assert told.labels[:, 0].tolist() == [1, 1, 0, 0]
    assert f"Films are named by {other!r}: of 'image_id' the labels know none." in told.provenance.remarks
    file.write_text(file.read_text().replace("_000.png", "_xyz.png"))
    with pytest.raises(ResultsError, match="named like '0' in the column 'image_id' here"):
        import_predictions(file, "theirs", labels=labels)


def test_films_of_one_name_in_many_folders_are_told_apart_by_their_path(tmp_path: Path) -> None:
    table = write(tmp_path, "path,Mass\na/1/view.jpg,1\na/2/view.jpg,0\nb/1/view.jpg,0\n", "table.csv")
    told = import_predictions(
        write(tmp_path, "path,prob_Mass\n/x/b/1/view.jpg,.1\n/x/a/1/view.jpg,.9\n/x/a/2/view.jpg,.2\n"),
        "theirs",
        labels=table,
    )
    assert list(told.labels[:, 0]) == [0, 1, 0]


@pytest.mark.parametrize("marked", ["label_{}", "{}_label", "true_{}", "{} true", "y_true_{}", "{}"])
def test_labels_may_be_in_the_same_file(marked: str, tmp_path: Path) -> None:
    names = ",".join([marked.format("pleural thickening"), "prob_Pleural_Thickening"])
    told = import_predictions(write(tmp_path, f"image,{names}\na,1,.9\nb,0,.2\nc,0,.4\n"), "theirs")
    assert (
        told.findings == ("Pleural_Thickening",)
        and list(told.labels[:, 0]) == [1, 0, 0]
        and list(told.raw[:, 0]) == [0.9, 0.2, 0.4]
    )
    assert told.label_version == "in theirs.csv" and "no patient" in " ".join(told.provenance.remarks)


def test_percents_and_logits_are_taken_when_said(tmp_path: Path, labels: Path) -> None:
    percents = write(tmp_path, "image,Mass\n00000001_000,90\n00000002_000,0\n00000003_000,50\n00000004_000,100\n")
    assert list(import_predictions(percents, "x", labels=labels, scale="percent").raw[:, 0]) == [0.9, 0, 0.5, 1]
    logits = write(tmp_path, "image,Mass\n00000001_000,0\n00000002_000,-1e9\n00000003_000,2\n00000004_000,1e9\n")
    np.testing.assert_allclose(
        import_predictions(logits, "x", labels=labels, scale="logit").raw[:, 0],
        [0.5, 0, 1 / (1 + np.exp(-2)), 1],
        atol=1e-12,
    )


def test_probabilities_that_are_called_percents_are_refused(tmp_path: Path, labels: Path) -> None:
    """They would become 100 times too small, and every film far under every threshold."""
    with pytest.raises(ResultsError, match="No score of theirs.csv is over 1.*Leave out --scores percent"):
        import_predictions(write(tmp_path, "image,Mass\n" + GOOD), "x", labels=labels, scale="percent")
    few = write(tmp_path, "image,Mass,Hernia\n" + GOOD.replace("\n", ",12\n"))  # of a rare finding all may be low
    assert import_predictions(few, "x", labels=labels, scale="percent").raw[0].tolist() == [0.12, 0.001]


def test_the_plainer_of_two_columns_of_scores_is_used_and_said(tmp_path: Path, labels: Path) -> None:
    rows = "".join(f"{n:08}_000,1,.{n}\n" for n in (1, 2, 3, 4))
    told = import_predictions(write(tmp_path, "image,pred_Mass,prob_Mass\n" + rows), "theirs", labels=labels)
    assert (
        list(told.raw[:, 0]) == [0.1, 0.2, 0.3, 0.4]
        and "'prob_Mass'; 'prob_Mass' is used" in told.provenance.remarks[0]
    )


def test_a_finding_without_a_positive_film_has_a_dash_and_never_a_number(
    tmp_path: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"{n:08}_000,.{n},.{n}\n" for n in (1, 2, 3, 4))
    file = write(tmp_path, "image,Mass,Hernia\n" + rows)
    assert main(["results", "import", str(file), "--labels", str(labels), "--name", "theirs"]) == 0
    said = capsys.readouterr().out
    assert "–   0 positive" in said and "One class only, so no figure: Hernia" in said and "nan" not in said
    assert main(["results", "show", "theirs", "--json"]) == 0
    hernia = json.loads(capsys.readouterr().out)["findings"]["Hernia"]
    assert hernia == {"n": 4, "positives": 0, "auc": None, "interval": [None, None], "delong": [None, None]}


def test_a_mean_that_leaves_no_finding_out_says_so(
    tmp_path: Path, labels: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside a published mean of fifteen, of which No Finding is one."""
    rows = "".join(f"{n:08}_000,.{n},.{n}\n" for n in (1, 2, 3, 4))
    for head, said in (("Mass,No Finding", ", mean of 1, without No Finding, 4 films of 4 patients"),
                       ("Mass,Effusion", "), 4 films of 4 patients")):
        file = write(tmp_path, f"image,{head}\n{rows}")
        assert main(["results", "import", str(file), "--labels", str(labels), "--name", "theirs", "--force"]) == 0
        assert said in capsys.readouterr().out.splitlines()[1]
    assert main(["results", "show", "theirs"]) == 0 and "without" not in capsys.readouterr().out


GOOD = "".join(f"{n:08}_000,.{n}\n" for n in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("image,Mass\n", "no rows"),
        ("image\na\n", "1 columns"),
        ("prob_Mass,age\n.1,3\n", "names no films"),
        ("image,age\n" + GOOD, "no column of scores"),
        ("image,Mass,Mass\na,.1,.2\n", "'Mass' more than once"),
        ("image,prob_Measles\n" + GOOD, "'prob_Measles'"),
        ("image,Mass,Lung Opacity\n" + GOOD.replace("\n", ",.25\n"), "'Lung Opacity'"),
        ("image,prob_Mass,Nodule\n" + GOOD.replace("\n", ",.25\n"), "may be scores or labels of Nodule"),
        ("image,Mass\n" + GOOD + "00000001_000.png,.5\n", "1 film more than once, first in line 6"),
        ("image,Mass\n" + GOOD.replace(".2", ""), "1 score is no number, of Mass (column 'Mass'), first in line 3"),
        ("image,Mass\n" + GOOD.replace(".2", "nan"), "1 score is no number, of Mass (column 'Mass'), first in line 3"),
        ("image,Mass\n" + GOOD.replace(".2", "high"), "1 score is no number, of Mass (column 'Mass'), first in line 3"),
        ("image,Mass\n" + GOOD.replace(".2", "inf"), "1 score is no number, of Mass (column 'Mass'), first in line 3"),
        ("image,Mass\n" + GOOD.replace(".2", "-3.5"), "--scores logit"),
        ("image,Mass\n" + GOOD.replace(".2", "20"), "1 score is outside 0 to 1, of Mass (column 'Mass'), first in"),
        ("image,Mass\n" + GOOD.replace(".2", "20"), "--scores percent"),
        ("image;Mass\n" + GOOD.replace(",.", ";0,"), "decimal comma: save the table with a decimal point"),
        ("image,Mass\n" + GOOD.replace("\n", "%\n"), "percent sign: save the numbers without it, and add --scores"),
        ("image,Mass\nx,.1\ny,.2\n", "Only 0 of 2 rows"),
        (
            "image,Mass\n" + GOOD + "".join(f"SMITH^JOHN{n},.5\n" for n in range(9)),
            "'aaaaa^aaaa0' in the column 'image' here and like '00000000_000' there",
        ),
        ("image,Measles\n" + GOOD, "'Measles'"),
        ("image,Mass\n" + GOOD + "00000005_000,.5,.6\n", "longer than its header"),
        ("image,Mass\n" + GOOD.replace("\n", ",7\n"), "longer than its header, first in line 2"),
        ("image,Mass\n" + GOOD.replace("\n", ",7,8\n"), "longer than its header"),
        ("image,Mass\n\x00\x00\n", ""),
        ("image,Mass\n" + '"' * 3, ""),
    ],
)
def test_what_cannot_be_aligned_is_refused_in_words(text: str, said: str, tmp_path: Path, labels: Path) -> None:
    with pytest.raises(CxrError) as problem:
        import_predictions(write(tmp_path, text), "theirs", labels=labels)
    assert said in str(problem.value) and "SMITH" not in str(problem.value)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("image,age\na,1\n", "no labels"),
        ("Mass,age\n1,2\n", "names no films"),
        ("image,Mass\n00000001_000,2\n", "neither 0 nor 1, first in line 2"),
        ("image,Mass\n00000001_000,\n", "neither 0 nor 1"),
        ("image,Mass\n" + "00000001_000,1\n" * 2, "more than once"),
        ("image,Hernia\n" + "".join(f"{n:08}_000,0\n" for n in (1, 2, 3, 4)), "No finding has both"),
    ],
)
def test_labels_that_cannot_be_used_are_refused_in_words(table: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(CxrError, match=said):
        import_predictions(
            write(tmp_path, "image,prob_Mass\n" + GOOD), "theirs", labels=write(tmp_path, table, "table.csv")
        )


def test_without_labels_it_is_said_where_to_get_them(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="--labels"):
        import_predictions(write(tmp_path, "image,prob_Mass\n" + GOOD), "theirs")


def test_rows_that_the_labels_do_not_know_are_left_out_when_asked(tmp_path: Path, labels: Path) -> None:
    file = write(tmp_path, "image,Mass\n" + GOOD + "x,.5\ny,.5\n")
    with pytest.raises(ResultsError, match="--partial"):
        import_predictions(file, "theirs", labels=labels)
    told = import_predictions(file, "theirs", labels=labels, partial=True)
    assert len(told) == 4 and "2 of 6 rows" in " ".join(told.provenance.remarks)


BLANK = "image,Finding Labels{}\n00000001_000.png,Mass{}\n00000002_000.png,{}\n00000003_000.png,nan{}\n" + (
    "00000004_000.png,No Finding{}\n")


@pytest.mark.parametrize("joined", [True, False])
def test_a_film_without_a_label_is_no_negative_one(
    joined: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = ["", ",.9", ",.4", ",.5", ",.1"]
    table = BLANK.format(*([""] * 5 if joined else [",prob_Mass", *scores[1:]]))
    file = write(tmp_path, "image,prob_Mass\n" + GOOD if joined else table)
    labels = ["--labels", str(write(tmp_path, table, "table.csv"))] if joined else []
    assert main(["results", "import", str(file), "--name", "theirs", *labels]) == 0
    said = capsys.readouterr().out
    assert "2 rows have no label, not even No Finding: left out." in said and "not in the label" not in said
    told = find_stored("theirs", tmp_path).read()
    assert told.films["image"].tolist() == ["00000001_000.png", "00000004_000.png"]
    assert told.labels.tolist() == [[1], [0]] and told.raw[:, 0].tolist() == ([0.1, 0.4] if joined else [0.9, 0.1])


@pytest.mark.parametrize("between", [", ", ";"])
@pytest.mark.parametrize("joined", [True, False])
def test_a_film_with_several_findings_is_no_negative_one(joined: bool, between: str, tmp_path: Path) -> None:
    """Read as one unknown finding it would be negative of each, and every AUC a confident and wrong one."""
    rows = [row.split(",") for row in LABELS.splitlines()]
    table = "".join(f'{film},"{text.replace("|", between)}",.{n}\n' for n, (film, text, _) in enumerate(rows[1:], 1))
    file = write(tmp_path, "image,Finding Labels,prob_Effusion\n" + table)
    told = import_predictions(file, "theirs", labels=file if joined else None)
    assert told.findings == ("Effusion",) and told.labels.tolist() == [[1], [0], [0], [0]]


def test_labels_of_which_none_is_known_are_refused_and_one_that_is_not_is_told_of(tmp_path: Path) -> None:
    file = write(tmp_path, "image,prob_Mass\n" + GOOD)
    table = [f"{n:08}_000,{text}\n" for n, text in enumerate(("Mass", "Banana", "No Finding", "Mass"), 1)]
    told = import_predictions(file, "x", labels=write(tmp_path, "image,labels\n" + "".join(table), "one.csv"))
    assert "Labels that are no finding known here, left as they are: Banana." in told.provenance.remarks
    table = write(tmp_path, "image,labels\n" + "".join(table).replace("Mass", "Pear"), "none.csv")
    with pytest.raises(ResultsError, match="No finding has both scores and labels.*labels: Banana, Pear"):
        import_predictions(file, "x", labels=table)


def test_films_that_the_labels_say_nothing_of_are_refused_in_words(tmp_path: Path) -> None:
    table = write(tmp_path, "image,Finding Labels\n00000001_000,\n00000002_000,\n9,Mass\n", "table.csv")
    with pytest.raises(ResultsError, match="says nothing of the 2 films"):
        import_predictions(write(tmp_path, "image,Mass\n" + GOOD[:32]), "theirs", labels=table)


def test_a_column_that_is_no_score_can_be_ignored(tmp_path: Path, labels: Path) -> None:
    file = write(tmp_path, "image,Mass,uncertainty\n" + GOOD.replace("\n", ",.25\n"))
    assert import_predictions(file, "theirs", labels=labels, ignore=["uncertainty"]).findings == ("Mass",)
    with pytest.raises(ResultsError, match="no column 'unsure'"):
        import_predictions(file, "theirs", labels=labels, ignore=["unsure"])


def test_a_file_that_unpacks_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_core.datasets.wide.MOST_BYTES", 10_000)
    file = tmp_path / "bomb.csv.gz"
    file.write_bytes(gzip.compress(b"image,Mass\n" + b"a,.5\n" * 100_000))
    with pytest.raises(CxrError, match="Leave out columns"):
        import_predictions(file, "theirs")
    file.write_bytes(gzip.compress(b"image,Mass\na,.5\n")[:-4])
    with pytest.raises(CxrError, match="damaged"):
        import_predictions(file, "theirs")


@pytest.mark.parametrize(("module", "kind"), [("bz2", "bzip2"), ("lzma", "xz")])
def test_what_packs_a_file_is_named_where_it_is_not_gzip(module: str, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "theirs.csv"
    file.write_bytes(importlib.import_module(module).compress(b"image,Mass\n" + GOOD.encode()))
    with pytest.raises(CxrError, match=f"packed with {kind}; a CSV may be packed with gzip alone"):
        import_predictions(file, "theirs")
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("theirs.csv", GOOD)
    with pytest.raises(CxrError, match="packed with zip, or a spreadsheet"):
        import_predictions(file, "theirs")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("pleural  thickening", "Pleural_Thickening"),
        ("PLEURAL-THICKENING", "Pleural_Thickening"),
        ("no_finding", "No Finding"),
        ("Infiltrate", "Infiltration"),
        ("Measles", None),
    ],
)
def test_findings_are_known_however_they_are_spelt(text: str, key: str | None) -> None:
    assert finding_named(text) == key


@given(
    st.lists(st.sampled_from(["prob_{}", "{}_prob", "PRED {}", "{}.Score", "probability-{}"]), min_size=14, max_size=14)
)
def test_every_finding_is_found_under_every_marked_name(forms: list[str]) -> None:
    names = [form.format(key.replace("_", " ")) for form, key in zip(forms, NIH14, strict=True)]
    told = recognise(["image", *names])
    assert list(told.scores) == list(NIH14) and list(told.scores.values()) == names and not told.unknown


CELL = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-3, 3),
    st.text(max_size=8),
    st.sampled_from(["", "0", "1", "00000001_000", "a/b.png", "nan"]),
)
HEAD = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "image",
            "path",
            "prob_Mass",
            "Mass",
            "label_Mass",
            "Effusion",
            "Finding Labels",
            "Patient ID",
            "pred_x",
            "age",
            "",
        ]
    ),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(HEAD, min_size=0, max_size=6),
    st.lists(st.lists(CELL, max_size=6), max_size=6),
    st.booleans(),
    st.sampled_from([",", ";", "\t"]),
)
def test_whatever_the_file_there_are_results_or_words(
    tmp_path: Path, labels: Path, head: list[str], rows: list[list], joined: bool, separator: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([head, *rows])
    check(
        write(tmp_path, text.getvalue().encode("utf-8", "surrogatepass").decode("utf-8", "replace")),
        labels if joined else None,
    )


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300), st.booleans(), st.booleans())
def test_whatever_the_bytes_there_are_results_or_words(
    tmp_path: Path, labels: Path, junk: bytes, packed: bool, good_first: bool
) -> None:
    file = tmp_path / "junk.csv"
    content = (b"image,prob_Mass\n" + GOOD.encode() if good_first else b"") + junk
    file.write_bytes(gzip.compress(content) if packed else content)
    check(file, labels)


def check(file: Path, labels: Path | None) -> None:
    """Either a CxrError, or results with scores that mean something."""
    try:
        told = import_predictions(file, "theirs", labels=labels)
    except CxrError:
        return
    assert len(told) and ((told.raw >= 0) & (told.raw <= 1)).all() and np.isin(told.labels, (0, 1)).all()


def test_the_stored_command_imports_the_same_again(
    tmp_path: Path, labels: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Percents, a column that is none of the findings, a subset of one's own and a film without a label."""
    write(tmp_path, "image,Mass,Lung Opacity\n" + "".join(f"{n:08}_000,{n}0,.25\n" for n in (1, 2, 3, 9)), "their own.csv")
    monkeypatch.chdir(tmp_path)
    told = import_predictions(
        Path("their own.csv"), "theirs", labels=Path("labels.csv"), scale="percent", ignore=["Lung Opacity"],
        subset="my films", partial=True,
    )
    command = shlex.split(told.provenance.command)
    assert command[:3] == ["python", "-m", "cxr_core"] and main(command[3:]) == 0
    again = find_stored("theirs", tmp_path).read()
    np.testing.assert_array_equal(again.raw, told.raw)
    assert again.provenance.command == told.provenance.command and again.subsets == ("my films",) and len(again) == 3


def test_commands_import_list_show_and_compare(
    tmp_path: Path, labels: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "none"))
    one = write(tmp_path, "image,Mass\n" + SCORED)
    other = write(tmp_path, "image,Mass\n00000002_000,.9\n00000001_000,.8\n00000003_000,.1\n", "other.csv")
    assert main(["results", "list"]) == 0 and "no results yet" in capsys.readouterr().out
    for file, name in ((one, "one"), (other, "other")):
        assert main(["results", "import", str(file), "--labels", str(labels), "--name", name]) == 0
    assert main(["results", "import", str(one), "--labels", str(labels), "--name", "one"]) == 2
    assert "--force" in capsys.readouterr().err
    assert main(["results", "list", "--json"]) == 0
    listed = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    assert listed["one"]["kind"] == "imported" and listed["one"]["n"] == 4 and listed["other"]["n"] == 3
    assert main(["results", "show", "other", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"]["Mass"]["auc"] == 1.0
    assert main(["results", "compare", "one", "other", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (
        told["shared"] == 3 and told["findings"]["Mass"]["first"] == 0.5 and told["findings"]["Mass"]["second"] == 1.0
    )
    assert (
        main(["results", "compare", "one", "other"]) == 0
        and "3 films of 3 patients are shared" in capsys.readouterr().out
    )
    assert main(["results", "show", "neither"]) == 2 and "one, other" in capsys.readouterr().err
    file_of("broken").write_bytes(b"no parquet")
    assert main(["results", "list"]) == 0 and "broken: The results of broken are no Parquet" in capsys.readouterr().out


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize(("learnt", "held_out"), [("train_val", "official"), ("train", "test"), ("val", "theirs")])
def test_films_that_were_held_out_are_shown_first_whatever_the_order_of_rows(
    learnt: str, held_out: str, backwards: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "none"))
    rows = [f"{n},{n % 2},{learnt if n < 6 else held_out},.{n}\n" for n in range(1, 10)]
    text = "image,label_Mass,split,prob_Mass\n" + "".join(rows[::-1] if backwards else rows)
    for name in ("one", "two"):
        assert main(["results", "import", str(write(tmp_path, text)), "--name", name]) == 0
    capsys.readouterr()
    for command in (["show", "one"], ["compare", "one", "two"]):
        assert main(["results", *command, "--json"]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["subset"], list(told["subsets"])) == (held_out, [held_out, learnt])
        assert told["findings"]["Mass"]["n"] == 4


@pytest.mark.parametrize(("leaky", "overlap", "marked", "words"), [
    (False, 1234, "1,234 PATIENTS LEARNT FROM, ", "1,234 patients of these films are among those that the model"),
    (True, 1234, "LEAKY, ", "LEAKY on purpose"), (False, 0, "", ""), (False, None, "", ""),
])
def test_patients_that_were_learnt_from_are_marked_wherever_results_are_listed_or_compared(
    leaky: bool, overlap: int | None, marked: str, words: str, tmp_path: Path, labels: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "none"))
    told = import_predictions(write(tmp_path, "image,Mass\n" + SCORED), "theirs", labels=labels)
    for name, facts in (("theirs", {}), ("learnt", {"kind": "evaluated", "leaky": leaky, "overlap": overlap})):
        write_results(file_of(name), replace(told, provenance=replace(told.provenance, model=name, **facts)))
    assert main(["results", "list"]) == 0 and f"learnt: evaluated, {marked}all 4 films" in capsys.readouterr().out
    assert main(["results", "list", "--json"]) == 0
    assert {row["id"]: row["overlap"] for row in json.loads(capsys.readouterr().out)} == {
        "theirs": None, "learnt": overlap}
    assert main(["results", "compare", "theirs", "learnt"]) == 0
    assert capsys.readouterr().out.startswith(f"learnt: {words}" if words else "theirs has 4 films")
    assert main(["results", "compare", "theirs", "learnt", "--json"]) == 0
    compared = json.loads(capsys.readouterr().out)
    assert compared["overlap"] == {"first": None, "second": overlap} and compared["leaky"] == leaky
    assert [words in one for one in compared["remarks"]] == [True] * bool(words)


@pytest.mark.realdata
def test_a_shipped_model_s_own_scores_come_back_as_it_is(data_folder: Path, tmp_path: Path) -> None:
    from cxr_core.evaluation.store import list_stored
    from cxr_core.models.weights import weights_folder

    shipped = list_stored(weights_folder())[0].read()
    table = pd.DataFrame(
        {"path": "x/" + shipped.films["image"]}
        | {f"{key} (prob)": shipped.raw[:, c] for c, key in enumerate(shipped.findings)}
    )
    table.to_csv(tmp_path / "theirs.csv.gz", index=False)
    told = import_predictions(tmp_path / "theirs.csv.gz", "theirs", labels=data_folder / "nih" / "images.csv")
    assert told.subsets == ("test", "test_wide")
    np.testing.assert_array_equal(told.labels, shipped.labels)
    np.testing.assert_allclose(told.raw, shipped.raw)
    official = import_predictions(
        tmp_path / "theirs.csv.gz", "theirs", labels=data_folder / "nih" / "Data_Entry_2017_v2020.csv.gz"
    )
    assert official.subsets == ("official", "train_val") and official.label_version == "Data_Entry_2017_v2020"
    np.testing.assert_array_equal(official.labels, shipped.labels)
