"""The Performance page: on shipped results, with every choice, and without any."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cxr_core.evaluation.judged_boxes import FILE as BOXES
from cxr_core.models.weights import weights_folder

APP = str(Path(__file__).parents[2] / "app.py")
WAIT = 300  # s: the machine may be shared with a training


@pytest.fixture
def page() -> AppTest:
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=WAIT).run()
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
    assert sorted(drawn) == sorted(["draw_roc"] + ["precision_recall", "reliability", "reliability"] * models)


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
    assert "theirs · imported" in told and "theirs has the higher mean AUC" in told
    assert "Other films" not in told and "official" in page.radio(key="subset").options
    row = told.split("theirs · imported")[-1].split("<td>Effusion</td>")[1]
    assert row.startswith("<td>1,379</td><td>329</td>") and "<td>–</td><td>–</td>" in row.split("</tr>")[0]
    page.radio(key="subset").set_value("official").run()
    assert not page.exception and not page.error and "1,984 films" in html(page)
    assert page.multiselect(key="models").value == ["theirs"]


def test_intervals_of_large_results_are_drawn_beside_the_page(home: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page stands at once, and says how far the drawing is; the next session finds what was drawn."""
    from cxr_core.evaluation import drawn
    from cxr_core.ui import measured

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
    assert not page.exception and not page.error and len(page.get("plotly_chart")) == 5
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
    from cxr_core.ui import measured, stored

    return measured.spans(stored.digest("theirs"), "theirs", page.radio(key="subset").value)


def test_results_of_other_films_are_marked_and_not_compared(home: None) -> None:
    shipped = next(one.name for one in sorted(weights_folder().iterdir()) if one.name.startswith("resnet18-128"))
    imported(shipped, "strangers", image=[f"film{n}.png" for n in range(1984)])
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run()
    page.multiselect(key="models").set_value([shipped, "strangers"]).run()
    assert not page.exception and not page.error
    assert "0 of these 1,379 are the same" in html(page)
    assert "no film in common" in " ".join(one.value for one in page.caption)


def test_results_that_cannot_be_read_are_named_and_hide_no_others(home: None) -> None:
    from cxr_core.evaluation.store import file_of

    file_of("broken").parent.mkdir(parents=True, exist_ok=True)
    file_of("broken").write_bytes(b"none")
    st.cache_resource.clear()
    page = AppTest.from_file(APP, default_timeout=WAIT).run().switch_page("pages/performance.py").run()
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
    assert "<th>Mass · 30</th><th>Nodule · 10</th>" in told and "<td>1.00 (1.00–1.00)</td>" in told


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

    page.selectbox(key="of").set_value(finding).run()
    spec = next(chart for chart in page.get("plotly_chart") if chart.key == "reliability").proto.spec
    assert "the network's own score" in spec.replace("\\u0027", "'") and "calibrated probability" in spec
    first = page.multiselect(key="models").value[0]
    told = subset(read_results(weights_folder() / first / "results.parquet", first), "test")
    column = told.column(finding)
    before, after = (Calibration.of(told.labels[:, column], one[:, column]) for one in (told.raw, told.probability))
    cells = [f"{value:.3f}" for name in ("brier", "equal_width", "equal_mass")
             for value in (getattr(before, name), getattr(after, name))]
    assert "".join(f"<td>{cell}</td>" for cell in cells) in html(page)
