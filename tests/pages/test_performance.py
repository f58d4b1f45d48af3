"""The Performance page: on shipped results, with every choice, and without any."""

from __future__ import annotations

import csv
import io
import threading
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import small_set
import streamlit as st
from streamlit.testing.v1 import AppTest

from cxr_core.evaluation import drawn
from cxr_core.evaluation.curves import RocCurve
from cxr_core.evaluation.judged_boxes import FILE as BOXES
from cxr_core.models.card import Card
from cxr_core.models.weights import weights_folder
from cxr_core.ui import measured, resources, stored
from cxr_core.ui.trust import choice

APP = str(Path(__file__).parents[2] / "app.py")
WAIT = 300  # s: the machine may be shared with a training


@pytest.fixture
def page() -> AppTest:
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=WAIT).run()
    return app.switch_page("pages/performance.py").run()


def html(page: AppTest) -> str:
    return " ".join(str(one.proto.body) for one in page.get("html"))


def charts(page: AppTest) -> list[str]:
    return [chart.key for chart in page.get("plotly_chart")]


def open_tab(page: AppTest, name: str) -> AppTest:
    page.session_state["curves"] = name
    return page.run()


def test_curves_and_numbers_of_a_shipped_model_are_shown(page: AppTest) -> None:
    assert not page.exception and not page.error
    assert charts(page) == ["roc", "grid"]
    assert "1,379 films of 454 patients" in html(page) and "95% DeLong" in html(page)


@pytest.mark.parametrize(("tab", "chart"), {"Precision and recall": "pr", "Calibration": "reliability",
                                            "Averages": "averages"}.items())
def test_a_tab_is_drawn_when_it_is_opened(page: AppTest, tab: str, chart: str) -> None:
    page = open_tab(page, tab)
    assert not page.exception and not page.error and charts(page) == [chart, "grid"]


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
    assert drawn == ["draw_roc"]  # what a closed tab holds is not drawn
    models = len(page.multiselect(key="models").value)
    open_tab(page, "Calibration")
    assert drawn == ["draw_roc", *["reliability"] * 2 * models]


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
    page = AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run()
    page.multiselect(key="models").set_value([shipped, "theirs"]).run()
    assert not page.exception and not page.error
    told = html(page)
    assert "theirs · imported" in told and "theirs · imported has the higher " in told
    assert "Other films" not in told and "official" in page.radio(key="subset").options
    row = told.split("theirs · imported</h2>")[1].split("<td>Effusion</td>")[1]
    assert row.startswith("<td>1,379</td><td>329</td>") and "<td>–</td><td>–</td>" in row.split("</tr>")[0]
    page.radio(key="subset").set_value("official").run()
    assert not page.exception and not page.error and "1,984 films" in html(page)
    assert page.multiselect(key="models").value == ["theirs"]


def test_intervals_of_large_results_are_drawn_beside_the_page(home: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page stands at once, and says how far the drawing is; the next session finds what was drawn."""
    shipped = next(one.name for one in sorted(weights_folder().iterdir()) if one.name.startswith("resnet18-128"))
    imported(shipped, "theirs", better=0.5)
    go, law, calls = threading.Event(), drawn.draw_spans, []

    def held(results, films, digest, on_step):
        calls.append(films)
        on_step(400, 1000)
        assert go.wait(WAIT)
        return law(results, films, digest, on_step)

    monkeypatch.setattr(measured, "SMALL", 0)
    monkeypatch.setattr(drawn, "REPLICATES", 40)
    monkeypatch.setattr(drawn, "draw_spans", held)
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run()
    page.multiselect(key="models").set_value(["theirs"]).run()
    assert not page.exception and not page.error and charts(page) == ["roc", "grid"]
    (progress,) = page.get("progress")
    assert progress.proto.value == 40 and "drawing patients" in progress.proto.text
    row = html(page).split("<td>Effusion</td><td>1,379</td><td>329</td>")[1].split("</tr>")[0]
    assert row.split("</td>")[1] == "<td>–"
    go.set()
    told = drawing(page)
    assert told.result()["Effusion"][0] > 0.5
    page.run()
    assert not page.exception and not page.get("progress")
    row = html(page).split("<td>Effusion</td><td>1,379</td><td>329</td>")[1].split("</tr>")[0]
    low, high = told.result()["Effusion"]
    assert row.split("</td>")[1] == f"<td>{low:.3f}–{high:.3f}"
    st.cache_resource.clear()
    page.run()
    assert not page.exception and not page.get("progress") and calls == ["test"]


def drawing(page: AppTest):
    return measured.spans(stored.digest("theirs"), "theirs", page.radio(key="subset").value)


def test_results_of_other_films_are_marked_and_not_compared(home: None) -> None:
    shipped = next(one.name for one in sorted(weights_folder().iterdir()) if one.name.startswith("resnet18-128"))
    names = [f"film{n}.png" for n in range(1984)]
    imported(shipped, "strangers", image=names)
    imported(shipped, "others", subset="test", image=[f"other-{name}" for name in names])
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run()
    assert "strangers" not in page.multiselect(key="models").options[-1]  # their "test" is none of NIH's
    page.radio(key="subset").set_value("test (of strangers)").run()
    assert not page.exception and not page.error and page.multiselect(key="models").value == ["strangers"]
    assert "test (of strangers): 1,379 films" in html(page)
    published = html(look_closer(page, "Published figures"))
    assert "part of the official test list" not in published and "<td>test (of strangers)</td>" in published


def test_films_of_two_strangers_are_marked_and_not_compared(home: None) -> None:
    shipped = next(one.name for one in sorted(weights_folder().iterdir()) if one.name.startswith("resnet18-128"))
    for name in ("one", "two"):
        imported(shipped, name, subset="holdout", image=[f"{name}{n}.png" for n in range(1984)])
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run()
    page.radio(key="subset").set_value("holdout").run()
    assert not page.exception and not page.error and page.multiselect(key="models").value == ["one", "two"]
    told = html(page)
    assert "0 of these 1,984 are the same" in told and '<span class="warned">two abababab · other films</span>' in told
    assert "no film in common" in " ".join(one.value for one in page.caption)
    roc = next(chart for chart in page.get("plotly_chart") if chart.key == "roc").proto.spec
    assert "two (other films)" in roc and "one (other films)" not in roc


def test_results_that_cannot_be_read_are_named_and_hide_no_others(home: None) -> None:
    from cxr_core.evaluation.store import file_of

    file_of("broken").parent.mkdir(parents=True, exist_ok=True)
    file_of("broken").write_bytes(b"none")
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run()
    assert "broken are no Parquet" in page.warning[0].value and charts(page) == ["roc", "grid"]


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
    model = page.multiselect(key="models").value[0]
    for measure in ("sensitivity", "ill films called healthy"):
        next(one for one in page.get("button_group") if one.key == "group_measure").set_value(measure).run()
        finding = "" if measure == "ill films called healthy" else page.selectbox(key="of").value
        measured.gaps(stored.digest(model), model, "test", finding, measure).result()
        page.run()
        assert not page.exception and charts(page) == ["roc", "gaps single", "gaps crossed"] and measure in html(page)
    said = " ".join(one.value for one in page.caption)
    assert "any of the 14 findings of this model's own" in said and "none of the 14 is at or over" in said


def test_a_finding_without_an_operating_point_has_no_sensitivity_by_group_and_the_others_have(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """Val had no film of it, so that shipping set none: the model calls films by its others."""
    law = resources.card_of

    def card_of(model_id: str) -> Card:
        first, *others = (card := law(model_id)).findings
        return replace(card, findings=(replace(first, operating_point=None, unsure=None), *others))

    monkeypatch.setattr(resources, "card_of", card_of)
    st.cache_resource.clear()
    page = look_closer(AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run(),
                       "Groups of people")
    model = page.multiselect(key="models").value[0]
    page.selectbox(key="of").set_value(card_of(model).findings[0].key)
    next(one for one in page.get("button_group") if one.key == "group_measure").set_value("sensitivity").run()
    assert not page.exception and "only its AUC" in " ".join(one.value for one in page.info)
    next(one for one in page.get("button_group") if one.key == "group_measure").set_value(
        "ill films called healthy").run()
    assert not page.exception and "only its AUC" not in " ".join(one.value for one in page.info)
    st.cache_resource.clear()


def test_a_measure_by_group_is_drawn_beside_the_page_once_and_kept(
    home: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And ill films called healthy are of all findings: another finding asks for no other drawing."""
    go, law, calls = threading.Event(), drawn.measure_groups, []

    def held(results, finding, measure, points, **more):
        calls.append((finding, measure))
        assert go.wait(WAIT)
        return law(results, finding, measure, points, **more)

    monkeypatch.setattr(drawn, "measure_groups", held)
    st.cache_resource.clear()
    page = look_closer(AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run(),
                       "Groups of people")
    next(one for one in page.get("button_group") if one.key == "group_measure").set_value("ill films called healthy")
    page.selectbox(key="of").set_value("Mass").run()
    assert not page.exception and "by group of people" in page.get("progress")[0].proto.text
    go.set()
    model = page.multiselect(key="models").value[0]
    measured.gaps(stored.digest(model), model, "test", "", "ill films called healthy").result()
    st.cache_resource.clear()
    page.selectbox(key="of").set_value("Edema").run()
    assert not page.exception and not page.get("progress") and "Ill: a film with any" in " ".join(
        one.value for one in page.caption)
    assert [one for one in calls if one[1] != "AUC"] == [("", "ill films called healthy")]


def test_a_reader_who_does_not_want_to_wait_stops_a_drawing_and_may_go_on(
    home: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, law = threading.Event(), drawn.measure_groups

    def slow(results, finding, measure, points, *, on_step):
        while not go.wait(0.01):
            on_step(1, 4)
        return law(results, finding, measure, points, on_step=on_step)

    monkeypatch.setattr(drawn, "measure_groups", slow)
    st.cache_resource.clear()
    page = look_closer(AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run(),
                       "Groups of people")
    model, finding = page.multiselect(key="models").value[0], page.selectbox(key="of").value
    drawing = measured.gaps(stored.digest(model), model, "test", finding, "AUC")
    page.run()
    assert page.get("progress")[0].proto.value == 25
    page.button(key="stop AUC by group of people").click().run()
    assert drawing.is_stopped and not drawing.is_done and not page.exception and not page.get("progress")
    assert "AUC by group of people: stopped." in [one.value for one in page.caption]
    go.set()
    page.button(key="resume AUC by group of people").click().run()
    drawing.result()
    page.run()
    assert not page.exception and drawing.is_done and "differ" in html(page)


def test_what_went_wrong_beside_the_page_is_told_and_tried_again(monkeypatch: pytest.MonkeyPatch, home: None) -> None:
    """Before, a failed drawing stayed in the cache until the server was restarted."""
    model = "resnet18-128-nih14"
    law = drawn.roc_band
    monkeypatch.setattr(drawn, "roc_band", lambda *a, **k: (_ for _ in ()).throw(MemoryError("no memory")))
    st.cache_resource.clear()
    with pytest.raises(MemoryError):
        measured.band("a", model, "test", "Mass").result()
    monkeypatch.setattr(drawn, "roc_band", law)
    assert len(measured.band("a", model, "test", "Mass").result()) == 3


@pytest.fixture
def unjudged(home: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped weights without the judged boxes that ship with some: the user's own are all there are."""
    for file in weights_folder().glob("*/*"):
        if file.name != BOXES:
            (tmp_path / "weights" / file.parent.name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "weights" / file.parent.name / file.name).symlink_to(file.resolve())
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))


def test_judged_boxes_stand_by_method_beside_the_controls(unjudged: None) -> None:
    """Methods of the core and newer ones, per finding, beside the controls and the published rows."""
    from cxr_core.evaluation.judged_boxes import Draft, Judged
    from cxr_core.evaluation.localisation import CONTROLS
    from cxr_core.folders import user_folder

    shipped = next(one.name for one in sorted(weights_folder().iterdir()) if one.name.startswith("resnet18-128"))
    draft = Draft(user_folder("boxes") / f"{shipped}.parquet", shipped, "0123456789")
    draft.add([
        Judged(f"{n}.png", str(n), 0, ("Mass", "Nodule")[n % 4 == 0], method, hit, hit, hit > 0.5)
        for method, hit in {**dict.fromkeys(CONTROLS, 0.0), "ig": 1.0, "newer": 1.0}.items() for n in range(40)
    ])
    draft.finish("test", [f"{n}.png" for n in range(40)], ("ig", "newer"))
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run()
    page = look_closer(page, "Drawn boxes")
    assert not page.exception and not page.error
    hits = next(chart for chart in page.get("plotly_chart") if chart.key == "hits")
    for words in ("40 boxes that NIH", "a random map", "10 boxes"):
        assert words in hits.proto.spec
    told = html(page)
    assert "of other weights (01234567)" in told
    assert "IG (+1.00), newer (+1.00) beyond a random map" in told
    assert '<tr class="pale"><td>published: Wang et al. 2017</td><td>0.681</td>' in told
    assert "<th>Mass · 30</th><th>Nodule · 10</th>" in told and "<td>1.00 (0.91–1.00)</td>" in told


def test_boxes_that_cannot_be_read_are_an_error_in_words(unjudged: None) -> None:
    from cxr_core.folders import user_folder

    shipped = next(one.name for one in sorted(weights_folder().iterdir()) if one.name.startswith("resnet18-128"))
    user_folder("boxes").mkdir(parents=True)
    (user_folder("boxes") / f"{shipped}.parquet").write_bytes(b"none")
    st.cache_resource.clear()
    page = look_closer(AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run(),
                       "Drawn boxes")
    assert not page.exception and "no Parquet file" in page.error[0].value


def test_calibration_stands_before_and_after(page: AppTest, finding: str = "Effusion") -> None:
    from cxr_core.evaluation.calibration import Calibration
    from cxr_core.evaluation.results import read_results, subset

    page.selectbox(key="of").set_value(finding)
    spec = next(chart for chart in open_tab(page, "Calibration").get("plotly_chart") if chart.key == "reliability").proto.spec
    assert "the network's own score" in spec.replace("\\u0027", "'") and "calibrated probability" in spec
    first = page.multiselect(key="models").value[0]
    told = subset(read_results(weights_folder() / first / "results.parquet", first), "test")
    column = told.column(finding)
    before, after = (Calibration.of(told.labels[:, column], one[:, column]) for one in (told.raw, told.probability))
    cells = [f"{value:.3f}" for name in ("brier", "equal_width", "equal_mass")
             for value in (getattr(before, name), getattr(after, name))]
    assert "".join(f"<td>{cell}</td>" for cell in cells) in html(page)


def test_edited_labels_and_a_calibration_anew_change_every_figure(home: None) -> None:
    """The same names, the same weights, the same name of the labels' table: nothing but the content says it."""
    from cxr_core.evaluation.results import read_results
    from cxr_core.evaluation.store import file_of
    from cxr_core.evaluation.writer import write_results

    shipped = "resnet18-128-nih14"
    imported(shipped, "theirs", better=0.2, subset="test")
    st.cache_resource.clear()
    before = stored.digest("theirs"), area("theirs", "Effusion")
    span = measured.spans(before[0], "theirs", "test")
    told = read_results(file_of("theirs"), "theirs")
    labels = told.labels.copy()
    labels[:, told.column("Effusion")] = 1 - labels[:, told.column("Effusion")]
    write_results(file_of("theirs"), replace(told, labels=labels), overwrite=True)
    after = stored.digest("theirs"), area("theirs", "Effusion")
    assert after[0] != before[0] and after[1] == pytest.approx(1 - before[1])
    assert measured.spans(after[0], "theirs", "test") is not span
    write_results(file_of("theirs"), replace(told, probability=told.probability / 2), overwrite=True)
    assert stored.digest("theirs") not in (before[0], after[0])


def test_films_told_into_other_parts_change_every_figure(home: None) -> None:
    from cxr_core.evaluation.results import read_results
    from cxr_core.evaluation.store import file_of
    from cxr_core.evaluation.writer import write_results

    imported("resnet18-128-nih14", "theirs", better=0.2, subset="test")
    st.cache_resource.clear()
    whole = area("theirs", "Effusion")
    told = read_results(file_of("theirs"), "theirs")
    part = told.films["subset"].where(told.films.index % 2 == 0, "val")
    write_results(file_of("theirs"), replace(told, films=told.films.assign(subset=part)), overwrite=True)
    half, column = stored.results("theirs", "test"), told.column("Effusion")
    assert 0 < len(half) < len(told) / 2
    only = RocCurve.from_predictions(half.labels[:, column], half.probability[:, column]).auc
    assert area("theirs", "Effusion") == pytest.approx(only) != pytest.approx(whole)


def area(name: str, finding: str) -> float:
    return stored.roc(stored.digest(name), name, "test", finding).auc


def test_patients_that_were_learnt_from_are_warned_of_wherever_figures_stand(home: None) -> None:
    from cxr_core.evaluation.provenance import Provenance
    from cxr_core.evaluation.results import read_results
    from cxr_core.evaluation.store import file_of
    from cxr_core.evaluation.writer import write_results

    model = "resnet18-128-nih14"
    told = read_results(weights_folder() / model / "results.parquet", model)
    made = Provenance("evaluated", model, "cd" * 32, overlap=3807, label_version="2020", date="2026-11-21T10:00:00Z")
    write_results(file_of("on-train"), replace(told, model_id="on-train", films=told.films.assign(subset="train"),
                                               provenance=made))
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run()
    page.radio(key="subset").set_value("train").run()
    assert not page.exception and not page.error
    (warning,) = page.warning
    assert "3,807 patients of these films are among those that the model was trained on" in warning.value
    assert "are of other weights (cdcdcdcd) than are here" in warning.value and "evaluate resnet18" in warning.value
    assert "on-train cdcdcdcd · 3,807 patients learnt from" in html(page)
    roc = next(chart for chart in page.get("plotly_chart") if chart.key == "roc").proto.spec
    assert "on-train (3,807 patients learnt from)" in roc
    assert choice.shown("on-train").cares[0] in warning.value


def test_a_broken_card_is_named_and_hides_no_others(
    home: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in weights_folder().iterdir():
        (tmp_path / "weights" / folder.name).mkdir(parents=True)
        for file in folder.iterdir():
            (tmp_path / "weights" / folder.name / file.name).symlink_to(file.resolve())
    broken = tmp_path / "weights" / "resnet18-128-nih14" / "card.toml"
    broken.unlink()
    broken.write_text("this is [no toml")
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run()
    assert not page.exception and "resnet18-128-nih14" in page.warning[0].value
    assert "mobilenet-128-nih6" in page.multiselect(key="models").value and charts(page) == ["roc", "grid"]


def test_colours_stay_when_others_join_and_go(home: None) -> None:
    from cxr_core.evaluation.store import file_of

    shipped = "resnet18-128-nih14"
    imported(shipped, "middle")
    before = choice.shown("middle").colour
    imported(shipped, "a-first")
    imported(shipped, "z-last")
    colours = [choice.shown(name).colour for name in ("middle", "a-first", "z-last")]
    assert colours[0] == before and len(set(colours)) == 3
    file_of("middle").unlink()
    assert [choice.shown(name).colour for name in ("a-first", "z-last")] == colours[1:]


def test_every_csv_says_what_it_was_made_of(page: AppTest) -> None:
    """Each button's file, as it leaves: no row without the weights, the films and the labels."""
    kept: dict[str, str] = {}
    law = st.download_button

    def taken(label, data, file_name, *rest, **more):
        kept[file_name] = data() if callable(data) else data
        return law(label, data, file_name, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(st, "download_button", taken)
        page.multiselect(key="models").set_value(page.multiselect(key="models").value[:2]).run()
        for at in (None, "Published figures", "Training", "Drawn boxes"):
            page = look_closer(page, at) if at else page
            assert not page.exception
    tables = {name: list(csv.DictReader(io.StringIO(text))) for name, text in kept.items() if name.endswith(".csv")}
    assert len(tables) >= 10
    for name, rows in tables.items():
        own = [row for row in rows if row["model_sha256"]] if "published" in name or "means" in name else rows
        assert own and all(row["model_sha256"] and row["films"] for row in own), name


def test_films_of_imported_results_open_in_read_by_a_model_that_is_here(
    home: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.evaluation.results import read_results
    from cxr_core.imaging.phantom import make_phantom

    shipped = next(one.name for one in sorted(weights_folder().iterdir()) if one.name.startswith("resnet18-128"))
    imported(shipped, "theirs", better=0.5)
    names = read_results(weights_folder() / shipped / "results.parquet", shipped).films["image"]
    root = small_set.draw_set(tmp_path / "data" / "nih", patients=1, films=1)
    table = pd.read_csv(root / small_set.NEWER)
    table.loc[[0] * len(names)].assign(**{"Image Index": list(names)}).to_csv(root / small_set.NEWER, index=False)
    (film := tmp_path / "film.png").write_bytes(make_phantom(100))  # too small to be scored: no network is loaded
    for name in names:
        (root / "images" / name).unlink(missing_ok=True)
        (root / "images" / name).hardlink_to(film)
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "data"))
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run()
    page = look_closer(page.multiselect(key="models").set_value(["theirs"]).run(), "Sample films")
    opening = [one for one in page.button if one.label == "Open in Read"]
    assert opening and not any(one.disabled for one in opening) and "is not here" in opening[0].help
    opening[0].click().run()
    assert not page.exception and "too small" in html(page).lower() or "at least 128" in html(page)
    assert page.selectbox(key="model").value in weights_of_ours()


def weights_of_ours() -> list[str]:
    return [one.name for one in weights_folder().iterdir()]
