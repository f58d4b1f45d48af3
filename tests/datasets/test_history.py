"""History: earlier films of the same patient and nothing else, whatever the index holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.history import earlier_findings, unknown_histories, with_history
from cxr_core.datasets.index import Index
from cxr_core.datasets.nih_small import read_nih_small
from cxr_core.datasets.nih_table import read_entries
from cxr_core.errors import DataError
from cxr_core.findings import NIH14

# a patient of four visits, not in order, the third of two films; another patient between them
ENTRIES = pd.DataFrame(
    [("d", 1, 3, "Hernia"), ("a", 1, 0, "Mass|Nodule"), ("x", 2, 0, "Effusion"), ("c2", 1, 2, "Edema"),
     ("b", 1, 1, "No Finding"), ("c1", 1, 2, "Fibrosis|Mass"), ("y", 2, 1, "No Finding")],
    columns=["image", "patient", "follow_up", "labels"],
)
EXPECTED = {
    "a": ("", 0), "b": ("Mass|Nodule", 1), "c1": ("Mass|Nodule", 2), "c2": ("Mass|Nodule", 2),
    "d": ("Edema|Fibrosis|Mass|Nodule", 4), "x": ("", 0), "y": ("Effusion", 1),
}


def histories(index: Index) -> dict[str, tuple[str, float]]:
    return dict(zip(index.table["image"], zip(index.table["history"], index.table["earlier"])))


def test_the_history_of_a_counted_example() -> None:
    assert histories(with_history(Index(Path(), ENTRIES), ENTRIES)) == EXPECTED


def test_an_index_of_some_films_has_the_history_of_all() -> None:
    some = Index(Path(), ENTRIES[ENTRIES["image"].isin(["d", "y"])].assign(follow_up=0))
    assert histories(with_history(some, ENTRIES)) == {name: EXPECTED[name] for name in ("d", "y")}


@pytest.mark.parametrize("image", list(EXPECTED))
def test_no_label_of_a_film_or_of_a_later_one_is_in_its_history(image: str) -> None:
    own = ENTRIES.set_index("image").loc[image]
    at_or_after = (ENTRIES["patient"] == own["patient"]) & (ENTRIES["follow_up"] >= own["follow_up"])
    changed = ENTRIES.assign(labels=ENTRIES["labels"].mask(at_or_after, "Pneumothorax"))
    one = Index(Path(), ENTRIES[ENTRIES["image"] == image])
    assert histories(with_history(one, changed)) == histories(with_history(one, ENTRIES))


@pytest.mark.parametrize(("lost", "unknown"), [("a", "b c1 c2 d"), ("c1 c2", "d"), ("c1", ""), ("d y", ""), ("x", "y")])
def test_where_a_visit_before_a_film_is_not_in_the_label_file_its_history_is_unknown(lost: str, unknown: str) -> None:
    """Not "none": nobody knows what the lost one showed. A film of a visit that has others is not missed."""
    some = ENTRIES[~ENTRIES["image"].isin(lost.split())]
    told = with_history(Index(Path(), some), some)
    assert {name for name, (_, earlier) in histories(told).items() if np.isnan(earlier)} == set(unknown.split())
    for name, (history, earlier) in histories(told).items():
        if name in unknown.split():
            assert history is None
        elif lost != "c1":
            assert (history, earlier) == EXPECTED[name]
    words, count = unknown_histories(told), len(unknown.split())
    assert words.startswith(f"The history of {count} of {len(some)} films is unknown") if count else words == ""


def test_a_film_that_the_label_file_has_not_has_an_unknown_history() -> None:
    stranger = Index(Path(), ENTRIES[:1].assign(image="stranger"))
    (history, earlier), = histories(with_history(stranger, ENTRIES)).values()
    assert history is None and np.isnan(earlier)


def test_a_folder_without_a_whole_label_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="Data_Entry_2017_v2020.csv"):
        with_history(Index(tmp_path, ENTRIES))


@pytest.mark.realdata
def test_kaggles_sample_knows_few_histories_and_the_whole_table_all(data_folder: Path) -> None:
    """The rule fires for none of the 112,120 rows; in the sample for all films of which it lacks an earlier one."""
    whole = read_entries(data_folder / "nih" / "Data_Entry_2017_v2020.csv.gz").table
    known = earlier_findings(whole)
    assert len(known) == 112_120 and known["earlier"].to_numpy().tolist() == whole["follow_up"].tolist()
    assert known["history"].map(type).eq(str).all()
    sample = read_entries(data_folder / "nih" / "sample_labels.csv.gz").table
    before = sample.sort_values("follow_up").groupby("patient").cumcount().sort_index()
    told = with_history(Index(Path(), sample), sample).table
    assert told["earlier"].isna().tolist() == (before != sample["follow_up"]).tolist()
    assert told["earlier"].isna().sum() > len(told) / 2 and (told["earlier"] > 0).any()
    some = whole[whole["image"].isin(sample["image"])]
    few = earlier_findings(some).dropna()
    pd.testing.assert_frame_equal(few, known.loc[few.index])
    assert 0 < len(few) < len(some) == len(sample)


@pytest.mark.realdata
def test_nihs_histories_are_what_a_plain_loop_finds(data_folder: Path) -> None:
    index = with_history(read_nih_small(data_folder / "nih"))
    table = read_entries(data_folder / "nih" / "Data_Entry_2017_v2020.csv.gz").table
    rng = np.random.default_rng(1)
    patients = rng.choice(index.table["patient"].unique(), 200, replace=False)
    films, rows = table[table["patient"].isin(patients)], index.table[index.table["patient"].isin(patients)]
    assert len(rows) > 300 and (rows["earlier"] > 0).mean() > 0.3
    for film in rows.itertuples():
        before = films[(films["patient"] == film.patient) & (films["follow_up"] < film.follow_up)]
        found = set("|".join(before["labels"]).split("|")) & set(NIH14)
        assert set(film.history.split("|")) - {""} == found and film.earlier == len(before)
