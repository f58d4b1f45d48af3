"""Counts of the whole data set, from the few kilobytes that ship, against its own tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.cli import main
from cxr_core.datasets.collection import collect
from cxr_core.datasets.counts import Selection, count
from cxr_core.datasets.index import Index
from cxr_core.datasets.report import DataReport
from cxr_core.datasets.summary import OTHER, load_summary, save_summary, summarise
from cxr_core.datasets.trouble import measures
from cxr_core.datasets.weighted_draw import draw_shares
from cxr_core.errors import DataError
from cxr_core.findings import NIH14, NO_FINDING

# NIH ChestX-ray14 as its own metadata has it
PUBLISHED = {
    "Atelectasis": 11559, "Effusion": 13317, "Infiltration": 19894, "Mass": 5782, "Nodule": 6331, "Pneumothorax": 5302,
}


@pytest.fixture(scope="module")
def shipped():
    return load_summary()


@pytest.fixture(scope="module")
def table(data_folder: Path) -> pd.DataFrame:
    """The real table, read by pandas alone."""
    rows = pd.read_csv(data_folder / "nih" / "Data_Entry_2017_v2020.csv.gz")
    rows["found"] = rows["Finding Labels"].str.split("|").map(set)
    test = set(pd.read_csv(data_folder / "nih" / "test_list.txt.gz", header=None)[0])
    return rows.assign(test=rows["Image Index"].isin(test))


def test_the_shipped_summary_counts_what_nih_published(shipped) -> None:
    told = count(shipped)
    assert (shipped.films, shipped.patients, told.films) == (112_120, 30_805, 112_120)
    assert {name: told.findings[name] for name in PUBLISHED} == PUBLISHED
    assert shipped.cube["films"][shipped.cube["boxed"]].sum() == 880
    assert shipped.label_version == "2020"


def test_it_holds_no_film_and_no_patient(shipped) -> None:
    assert set(shipped.cube.columns) == {"findings", "age", "sex", "view", "follow_up", "split", "boxed", "films"}


@pytest.mark.realdata
@pytest.mark.parametrize("chosen", [
    Selection(any_of=("Mass", "Nodule")), Selection(all_of=("Effusion", "Atelectasis")),
    Selection(none_of=("Infiltration",)), Selection(sex="F", view="AP"), Selection(age=(40, 59), split="test"),
    Selection(any_of=(NO_FINDING,), follow_up=(0, 0)),
])
def test_a_selection_counts_what_pandas_counts(shipped, table: pd.DataFrame, chosen: Selection) -> None:
    keep = pd.Series(True, index=table.index)
    if chosen.any_of:
        keep &= table["found"].map(lambda found: bool(found & set(chosen.any_of)))
    if chosen.all_of:
        keep &= table["found"].map(lambda found: found >= set(chosen.all_of))
    if chosen.none_of:
        keep &= table["found"].map(lambda found: not found & set(chosen.none_of))
    if chosen.age:
        keep &= table["Patient Age"].between(*chosen.age)
    if chosen.follow_up:
        keep &= table["Follow-up #"].between(*chosen.follow_up)
    keep &= (chosen.sex == "") | (table["Patient Gender"] == chosen.sex)
    keep &= (chosen.view == "") | (table["View Position"] == chosen.view)
    keep &= (chosen.split == "") | (table["test"] == (chosen.split == "test"))
    rows, told = table[keep], count(shipped, chosen.kinds(shipped))
    assert told.films == len(rows)
    assert told.findings == {
        name: int(rows["found"].map(lambda found, name=name: name in found).sum()) for name in (*NIH14, NO_FINDING)
    }
    both = rows["found"].map(lambda found: {"Effusion", "Atelectasis"} <= found).sum()
    assert told.together[NIH14.index("Effusion"), NIH14.index("Atelectasis")] == both
    numbers = rows["found"].map(lambda found: len(found - {NO_FINDING})).value_counts().to_dict()
    assert told.per_film == numbers
    effusion = rows["found"].map(lambda found: "Effusion" in found)
    assert told.views.loc["Effusion", "AP"] == ((rows["View Position"] == "AP") & effusion).sum()


def drawn(rows: list[tuple[str, int, str]]) -> Index:
    return Index(Path(), pd.DataFrame({
        "image": [f"{number}.png" for number in range(len(rows))], "patient": [patient for _, patient, _ in rows],
        "labels": [labels for labels, _, _ in rows], "sex": [sex for _, _, sex in rows], "age": 40.0, "view": "PA",
        "follow_up": 0, "split": "train",
    }))


def test_lift_conditional_and_the_weighted_draw_of_a_counted_example() -> None:
    films = [("Mass|Nodule", 1, "F"), ("Mass", 1, "F"), ("No Finding", 2, "M"), ("No Finding", 3, "M")]
    summary = summarise(drawn(films), "four")
    told, mass, nodule = count(summary), NIH14.index("Mass"), NIH14.index("Nodule")
    draw = draw_shares(summary, put_back=True).set_index("finding")
    assert told.conditional()[mass, nodule] == 0.5 and told.conditional()[nodule, mass] == 1
    assert told.lift()[mass, nodule] == 4 * 1 / (2 * 1) and np.isnan(told.lift()[0, 1])
    assert draw.loc["Mass", "share"] == 0.5
    assert draw.loc["Mass", "drawn"] == pytest.approx((2.1 + 1.1) / (2.1 + 1.1 + 0.1 + 0.1))
    assert summary.films_per_patient == {1: 2, 2: 1}


@pytest.mark.parametrize("kinds", [31, 40])
def test_of_many_findings_none_is_counted_as_no_finding(kinds: int, tmp_path: Path) -> None:
    """One film of finding 0, two of finding 1 and so on, and seven Normal ones; also from a file."""
    films = [(f"F{kind:02}", 1, "F") for kind in range(kinds) for _ in range(kind + 1)] + [("Normal", 2, "M")] * 7
    found = collect(drawn(films), DataReport(), "many")
    told, left = count(found.summary), kinds - 30 if kinds > 31 else 0
    assert told.findings["Normal"] == 7 and told.films == len(films)
    assert ({name: told.findings[name] for name in (f"F{kind:02}" for kind in range(left, kinds))}
            == {f"F{kind:02}": kind + 1 for kind in range(left, kinds)})
    others = found.places(Selection(any_of=(OTHER,))) if left else np.array([], int)
    assert set(found.index.table["labels"].iloc[others]) == {f"F{kind:02}" for kind in range(left)}
    remark = "40 findings: the 30 most frequent are counted each, the other 10 together as Other findings."
    assert (remark in found.report.remarks) == bool(left) == (OTHER in told.findings)
    assert measures(found, np.arange(len(films))).sum().to_dict().items() >= told.findings.items()
    save_summary(found.summary, tmp_path / "many.parquet")
    assert count(load_summary(tmp_path / "many.parquet")).findings == told.findings


def test_an_empty_selection_is_no_error(shipped) -> None:
    nothing = count(shipped, Selection(all_of=(NO_FINDING, "Mass")).kinds(shipped))
    assert nothing.films == 0 and np.isnan(nothing.lift()).all() and nothing.ages.empty


def test_what_is_saved_is_read_again(tmp_path: Path) -> None:
    summary = summarise(drawn([("Mass", 1, "F"), ("No Finding", 2, "M")]), "two")
    save_summary(summary, tmp_path / "two.parquet")
    again = load_summary(tmp_path / "two.parquet")
    pd.testing.assert_frame_equal(again.cube, summary.cube, check_dtype=False)
    assert (again.name, again.films_per_patient) == ("two", {1: 2})


@pytest.mark.parametrize("content", [b"", b"PAR1 nothing", b"a,b\n1,2\n"])
def test_what_is_no_summary_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd.parquet").write_bytes(content)
    with pytest.raises(DataError, match="no summary"):
        load_summary(tmp_path / "odd.parquet")


@pytest.mark.realdata
def test_the_command_makes_the_shipped_summary_again(data_folder: Path, tmp_path: Path, capsys) -> None:
    assert main(["data", "summarise", str(data_folder / "nih"), "--out", str(tmp_path / "again.parquet")]) == 0
    assert "112,120 films of 30,805 patients" in capsys.readouterr().out
    pd.testing.assert_frame_equal(load_summary(tmp_path / "again.parquet").cube, load_summary().cube)
