"""Two groups of films: who stands in both is one patient, and counts tell what films tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.collection import Collection, collect
from cxr_core.datasets.counts import Selection
from cxr_core.datasets.groups import Group, measures_of_counts, patients_of
from cxr_core.datasets.index import Index
from cxr_core.datasets.report import DataReport
from cxr_core.datasets.summary import SAMPLE, load_summary
from cxr_core.datasets.trouble import measures
from cxr_core.evaluation.shift import compare_counts, compare_groups


def films(images: str, patients: list[str], **columns: object) -> Collection:
    table = pd.DataFrame({
        "path": list(images), "image": [f"{name}.png" for name in images], "patient": patients, "follow_up": 0,
        "age": 50.0, "sex": "F", "view": "PA", "labels": "Mass", "split": "",
    } | columns)
    return collect(Index(Path("films"), table), DataReport(), "drawn")


def test_who_stands_in_two_data_sets_is_one_patient_with_all_films() -> None:
    first = films("abcd", ["1", "1", "2", "3"])
    second = films("BXYZ", ["p9", "p9", "2", "3"], image=["B.jpg", "X.jpg", "Y.jpg", "Z.jpg"])
    one, other = patients_of(Group(first, np.arange(4)), Group(second, np.arange(4)))
    assert other[0] == other[1] == one[0] == one[1]  # b is in both: p9 is patient 1, x with it
    assert len({*one, *other}) == 5  # 1, 2, 3 of the first; 2 and 3 of the second are others


@pytest.mark.parametrize("patients", [list("1234"), [""] * 4])
def test_films_of_a_name_that_several_bear_are_not_taken_for_the_same(patients: list[str]) -> None:
    """In one set, in the other, or in both; NIH's own names are those of one film wherever it lies."""
    alone, doubled = ["view1.png", "view2.png", "view3.png", "c.png"], ["view1.png", "view1.png", "d.png", "e.png"]
    for first, second in ((alone, doubled), (doubled, alone), (doubled, doubled[:2] + ["f.png", "g.png"])):
        sets = films("abcd", patients, image=first), films("abcd", patients, image=second)
        one, other = patients_of(*(Group(whole, np.arange(4)) for whole in sets))
        assert len({*one, *other}) == 8
    of_nih = ["00000007_000.png", "00000007_000.jpg", "c.png", "d.png"]
    one, other = patients_of(
        Group(films("abcd", ["1", "1", "2", "3"], image=of_nih), np.arange(4)),
        Group(films("ABCD", list("6789"), image=[of_nih[0], "x.png", "y.png", "z.png"]), np.arange(4)),
    )
    assert other[0] == one[0] == one[1] and len({*one, *other}) == 6


def test_groups_of_one_data_set_share_their_patients_and_a_film_of_nobody_is_its_own() -> None:
    whole = films("abcd", ["1", "1", "", ""])
    one, other = patients_of(Group(whole, np.array([0, 2])), Group(whole, np.array([1, 2, 3])))
    assert one[0] == other[0] and one[1] == other[1] and len({*one, *other}) == 3


def test_counts_tell_the_effects_that_films_tell() -> None:
    rng = np.random.default_rng(1)
    whole = films("a" * 600, [str(number) for number in range(600)], image=[f"{number}.png" for number in range(600)],
                  age=rng.integers(2, 18, 600) * 5 + 2.5, sex=rng.choice(["F", "M", ""], 600),
                  view=rng.choice(["AP", "PA"], 600), follow_up=rng.integers(0, 9, 600),
                  labels=rng.choice(["Mass", "No Finding", "Mass|Nodule", "Effusion"], 600))
    asked = Selection(any_of=("Mass",))
    chosen = whole.places(asked)
    rest = np.setdiff1d(np.arange(600), chosen)
    groups = Group(whole, chosen), Group(whole, rest)
    by_films = compare_groups(*(measures(one.films, one.places) for one in groups), patients_of(*groups))
    kinds = asked.kinds(whole.summary)
    (first, films_first), (second, films_second) = (measures_of_counts(whole.summary, one) for one in (kinds, ~kinds))
    by_counts = compare_counts(first, second, (films_first, films_second))
    told = {one.measure: one for one in by_counts}
    assert set(told) == {one.measure for one in by_films} and len(told) >= 6
    for one in by_films:
        assert told[one.measure].effect == pytest.approx(one.effect, abs=1e-6), one.measure
        assert told[one.measure].films == one.films and np.isnan(told[one.measure].p)


def test_the_sample_that_ships_is_kaggles_and_much_like_all() -> None:
    sample, whole = load_summary(SAMPLE), load_summary()
    assert (sample.films, sample.patients) == (5606, 4230)
    told = compare_counts(*(measures_of_counts(one)[0] for one in (sample, whole)),
                          tuple(measures_of_counts(one)[1] for one in (sample, whole)))
    assert told and max(abs(one.effect) for one in told) < 0.1


@pytest.mark.realdata
def test_the_counts_of_the_sample_are_its_tables(data_folder: Path) -> None:
    rows = pd.read_csv(data_folder / "nih" / "sample_labels.csv.gz")
    sample = load_summary(SAMPLE)
    assert sample.films == len(rows) and sample.patients == rows["Patient ID"].nunique()
    for name in ("Mass", "Hernia", "Effusion"):
        has = rows["Finding Labels"].str.split("|").map(lambda found, name=name: name in found)
        assert sample.cube["films"][sample.has(name)].sum() == has.sum()
