"""The Performance page: on shipped results, with every choice, and without any."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cxr_core.models.weights import weights_folder

APP = str(Path(__file__).parents[2] / "app.py")


@pytest.fixture
def page() -> AppTest:
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=60).run()
    return app.switch_page("pages/performance.py").run()


def html(page: AppTest) -> str:
    return " ".join(str(one.proto.body) for one in page.get("html"))


def test_curves_and_numbers_of_a_shipped_model_are_shown(page: AppTest) -> None:
    assert not page.exception and not page.error
    assert [chart.key for chart in page.get("plotly_chart")] == ["roc", "pr", "reliability", "averages", "grid"]
    assert "1,379 films of 454 patients" in html(page) and "95% DeLong" in html(page)


@pytest.mark.parametrize("films", ["test natural", "test picked", "test_wide"])
def test_every_set_of_films_has_its_page(page: AppTest, films: str) -> None:
    page.radio(key="subset").set_value(films).run()
    assert not page.exception and not page.error and films in html(page)


def test_the_table_says_what_the_card_says(page: AppTest) -> None:
    from cxr_core.models.card import load_card
    card = load_card(weights_folder() / page.multiselect(key="models").value[0])
    figure = card.finding("Effusion").figures["test"]
    assert f"<td>Effusion</td><td>1,379</td><td>{figure.positives}</td><td>{figure.auc:.3f}</td>" in html(page)


def test_a_higher_sensitivity_costs_specificity(page: AppTest) -> None:
    page.selectbox(key="rule").set_value("sensitivity of at least").run()
    page.slider(key="least").set_value(95).run()
    assert not page.exception
    told = html(page).split("sensitivity <b>")[1]
    assert float(told.split("%")[0]) >= 95 and float(told.split("specificity <b>")[1].split("%")[0]) < 50
    assert "expect less elsewhere" in " ".join(one.value for one in page.caption)


def test_without_a_model_the_page_says_what_to_do(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page.multiselect(key="models").set_value([]).run()
    assert "Choose a model" in page.info[0].value
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    page.run()
    assert not page.exception and "No model has stored results" in page.error[0].value


def test_a_rerun_that_changes_nothing_draws_nothing_anew(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    from cxr_core.render import figures
    from cxr_core.ui.trust import figures as drawing

    drawn = []
    for room, name in ((figures, "draw_roc"), (figures, "draw_roc_grid"), (figures, "draw_averages"),
                       (drawing, "precision_recall"), (drawing, "reliability")):
        law = getattr(room, name)
        monkeypatch.setattr(room, name, lambda *a, law=law, name=name, **k: (drawn.append(name), law(*a, **k))[1])
    page.run()
    assert not page.exception and not drawn
    page.selectbox(key="of").set_value("Effusion").run()
    models = len(page.multiselect(key="models").value)
    assert sorted(drawn) == sorted(["draw_roc"] + ["precision_recall", "reliability"] * models)


def test_the_threshold_follows_the_models_that_are_shown(page: AppTest) -> None:
    models = list(page.multiselect(key="models").value)
    for shown in (models, models[:2], models[:1], models[1:], models):
        page.multiselect(key="models").set_value(shown).run()
        assert not page.exception and not page.error and "At a threshold of" in html(page)
        if len(shown) > 1:
            assert page.selectbox(key="judged").value in shown


def imported(shipped: str, name: str, better: float = 0.0, **changes: object) -> None:
    """Somebody's results: a shipped model's own, with the labels mixed in."""
    from cxr_core.evaluation.provenance import Provenance
    from cxr_core.evaluation.results import read_results
    from cxr_core.evaluation.store import file_of
    from cxr_core.evaluation.writer import write_results
    told = read_results(weights_folder() / shipped / "results.parquet", shipped)
    raw = (1 - better) * told.raw + better * told.labels
    write_results(file_of(name), replace(
        told, model_id=name, films=told.films.assign(**changes), raw=raw, probability=raw,
        provenance=Provenance("imported", name, digest="ab" * 32, label_version=told.label_version),
    ))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path))


def test_imported_results_stand_beside_ours_on_the_same_films(home: None) -> None:
    shipped = next(one.name for one in sorted(weights_folder().iterdir()) if one.name.startswith("resnet18-128"))
    imported(shipped, "theirs", better=0.5, subset="official")
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=120).run().switch_page("pages/performance.py").run()
    page.multiselect(key="models").set_value([shipped, "theirs"]).run()
    assert not page.exception and not page.error
    told = html(page)
    assert "theirs · imported" in told and "theirs has the higher mean AUC" in told
    assert "Other films" not in told and "official" in page.radio(key="subset").options
    row = told.split("theirs · imported")[1].split("<td>Effusion</td>")[1]
    assert row.startswith("<td>1,379</td><td>329</td>") and "<td>–</td><td>–</td>" in row.split("</tr>")[0]
    page.radio(key="subset").set_value("official").run()
    assert not page.exception and not page.error and "1,984 films" in html(page)
    assert page.multiselect(key="models").value == ["theirs"]


def test_results_of_other_films_are_marked_and_not_compared(home: None) -> None:
    shipped = next(one.name for one in sorted(weights_folder().iterdir()) if one.name.startswith("resnet18-128"))
    imported(shipped, "strangers", image=[f"film{n}.png" for n in range(1984)])
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=120).run().switch_page("pages/performance.py").run()
    page.multiselect(key="models").set_value([shipped, "strangers"]).run()
    assert not page.exception and not page.error
    assert "0 of these 1,379 are the same" in html(page)
    assert "no film in common" in " ".join(one.value for one in page.caption)


def test_results_that_cannot_be_read_are_named_and_hide_no_others(home: None) -> None:
    from cxr_core.evaluation.store import file_of

    file_of("broken").parent.mkdir(parents=True, exist_ok=True)
    file_of("broken").write_bytes(b"none")
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=120).run().switch_page("pages/performance.py").run()
    assert "broken are no Parquet" in page.warning[0].value and len(page.get("plotly_chart")) == 5


BELOW = ["Groups of people", "Sample films", "Published figures", "Training", "Drawn boxes"]


def look_closer(page: AppTest, at: str) -> AppTest:
    return next(one for one in page.get("button_group") if one.key == "below").set_value(at).run()


@pytest.mark.parametrize("at", BELOW)
def test_each_closer_look_opens(page: AppTest, at: str) -> None:
    page = look_closer(page, at)
    assert not page.exception and not page.error


def test_published_figures_say_their_split_and_stand_below_ours(page: AppTest) -> None:
    told = html(look_closer(page, "Published figures"))
    assert told.index("measured here") < told.index("Crobu") < told.index("CheXNet")
    assert '<tr class="pale"><td>CheXNet' in told and "random by patient, not official" in told


def test_groups_are_measured_by_each_measure(page: AppTest) -> None:
    page = look_closer(page, "Groups of people")
    for measure in ("sensitivity", "ill films called healthy"):
        next(one for one in page.get("button_group") if one.key == "group_measure").set_value(measure).run()
        assert not page.exception and len(page.get("plotly_chart")) == 6 and measure in html(page)


def test_judged_boxes_stand_by_method_beside_the_controls(home: None) -> None:
    from cxr_core.folders import user_folder
    from cxr_core.localising import CONTROLS

    shipped = next(one.name for one in sorted(weights_folder().iterdir()) if one.name.startswith("resnet18-128"))
    user_folder("boxes").mkdir(parents=True)
    pd.DataFrame([
        {"image": f"{n}.png", "patient": str(n), "box": 0, "finding": "Mass", "method": method, "iobb": hit, "iou": hit,
         "pointed": hit > 0.5}
        for method, hit in {**dict.fromkeys(CONTROLS, 0.0), "newer": 1.0}.items() for n in range(4)  # than we know
    ]).to_parquet(user_folder("boxes") / f"{shipped}.parquet")
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=120).run().switch_page("pages/performance.py").run()
    page = look_closer(page, "Drawn boxes")
    assert not page.exception and not page.error
    hits = next(chart for chart in page.get("plotly_chart") if chart.key == "hits")
    assert "4 boxes that NIH" in hits.proto.spec and "a random map" in hits.proto.spec
