"""The weighted draw from counts is the draw of films, once each or put back, in all and in each group."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cxr_core.datasets.counts import Selection
from cxr_core.datasets.index import Index
from cxr_core.datasets.patients import films_per_patient
from cxr_core.datasets.sampling import draw_by_findings, findings_weights
from cxr_core.datasets.summary import load_summary, summarise
from cxr_core.datasets.weighted_draw import draw_shares, expected_showings
from cxr_core.findings import NIH14
from cxr_core.render.draw_figures import draw_films_per_patient, draw_shares_drawn


@pytest.fixture(scope="module")
def films() -> Index:
    rng = np.random.default_rng(0)
    return Index(Path("."), pd.DataFrame({
        "image": [f"{number}.png" for number in range(20_000)], "patient": np.arange(20_000) // 2, "follow_up": 0,
        "labels": rng.choice(["No Finding", "Mass", "Mass|Nodule", "Edema|Effusion|Mass"], 20_000,
                             p=[.6, .2, .15, .05]),
        "sex": rng.choice(["F", "M"], 20_000), "age": rng.integers(1, 90, 20_000), "view": "PA", "split": "train",
    }))


def shares_of(films: Index, by: str) -> dict[tuple[str, str], float]:
    """The share of films with a finding, in each group."""
    groups = films.table["sex"].map({"F": "women", "M": "men"}) if by else pd.Series("all", films.table.index)
    return {(group, key): float(films.where((groups == group).to_numpy()).targets((key,)).mean())
            for group in groups.unique() for key in ("Mass", "Nodule", "Edema")}


@pytest.mark.parametrize("by", ["", "sex"])
def test_films_drawn_once_come_as_often_as_in_the_draw_itself(films: Index, by: str) -> None:
    told = draw_shares(summarise(films, "drawn"), drawn=8000, by=by).set_index(["group", "finding"])
    truth, before = shares_of(draw_by_findings(films, 8000, seed=3), by), shares_of(films, by)
    for place, share in truth.items():
        assert told.loc[place, "drawn"] == pytest.approx(share, abs=0.02)
        assert told.loc[place, "share"] == pytest.approx(before[place])


def test_films_put_back_come_as_their_weights_say(films: Index) -> None:
    summary = summarise(films, "drawn")
    told = draw_shares(summary, put_back=True).set_index("finding")["drawn"]
    weights = findings_weights(films.targets(NIH14))
    rows = np.random.default_rng(1).choice(len(films), 60_000, p=weights / weights.sum())
    assert told["Mass"] == pytest.approx(films.targets(("Mass",))[rows].mean(), abs=0.01)
    assert told["No Finding"] == pytest.approx(films.targets(("No Finding",))[rows].mean(), abs=0.01)


def test_a_draw_shows_as_many_films_as_it_draws_and_each_once_at_most() -> None:
    weights, films = np.array([0.1, 1.1, 2.1]), np.array([600.0, 200.0, 50.0])
    for drawn in (1, 200, 849):
        told = expected_showings(weights, films, drawn)
        assert told.sum() == pytest.approx(drawn) and (told <= films).all()
    np.testing.assert_array_equal(expected_showings(weights, films, 850), films)
    np.testing.assert_array_equal(expected_showings(np.array([0.0, 1.0]), np.array([5.0, 3.0]), 9), [0, 3])
    assert expected_showings(weights, films, 4000, put_back=True).sum() == pytest.approx(4000)


def test_khans_draw_of_40000_films_is_not_what_the_weights_alone_say() -> None:
    told = draw_shares(load_summary()).set_index("finding")["drawn"]
    again = draw_shares(load_summary(), put_back=True).set_index("finding")["drawn"]
    # drawn from NIH's table film by film: 11.4% and 25.8%; by the weights alone 6.5% and 32.2%
    assert (round(told["No Finding"], 3), round(told["Effusion"], 3)) == (0.114, 0.258)
    assert (round(again["No Finding"], 3), round(again["Effusion"], 3)) == (0.065, 0.322)


@pytest.mark.realdata
def test_films_per_patient_are_pandas_and_the_figure_shows_both(data_folder: Path) -> None:
    from cxr_core.datasets.collection import open_collection

    found = open_collection(data_folder / "nih_download")
    places = found.places(Selection(sex="F"))
    told = films_per_patient(found, places)
    table = found.index.table.iloc[places]
    assert sum(told.values()) == table["patient"].nunique()
    assert sum(films * patients for films, patients in told.items()) == len(places)
    assert films_per_patient(found, np.arange(len(found))) == found.summary.films_per_patient
    whole = load_summary().films_per_patient
    figure = draw_films_per_patient(told, whole)
    assert figure.data[0].customdata[:, 0].sum() == 30_805 and sum(figure.data[1].y) == pytest.approx(1)
    assert figure.data[0].customdata[0, 0] == whole[1] and len(draw_films_per_patient(None, whole).data) == 1


def test_each_group_has_its_bars_before_and_after(films: Index) -> None:
    told = draw_shares(summarise(films, "drawn"), drawn=8000, by="age")
    groups = list(dict.fromkeys(told["group"]))
    assert groups == ["0 to 19", "20 to 39", "40 to 59", "60 and over"]
    figure = draw_shares_drawn(told)
    assert [bar.name for bar in figure.data if bar.showlegend] == groups and len(figure.data) == 2 * len(groups)
    edges = sorted((bar.offset, bar.offset + bar.width) for bar in figure.data)
    assert all(one[1] <= other[0] + 1e-9 for one, other in zip(edges, edges[1:], strict=False))  # none hides another
