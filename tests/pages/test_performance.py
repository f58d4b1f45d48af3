"""The Performance page: on shipped results, with every choice, and without any."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
import streamlit as st
from page_parts import charts, html, spec
from performance_page import SHIPPED, look_closer, open_tab, opened
from streamlit.testing.v1 import AppTest

from cxr_core.evaluation.calibration import Calibration
from cxr_core.evaluation.results import read_results, subset
from cxr_core.models.card import load_card
from cxr_core.models.weights import weights_folder
from cxr_core.render import figures
from cxr_core.ui.trust import figures as drawing


@pytest.fixture
def page() -> AppTest:
    return opened()


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
    card = load_card(weights_folder() / page.multiselect(key="models").value[0])
    figure = card.finding("Effusion").figures["test"]
    assert f"<td>Effusion</td><td>1,379</td><td>{figure.positives}</td><td>{figure.auc:.3f}</td>" in html(page)
    mean = next(one for one in card.subsets if one.name == "test")
    row = html(page).split("<td>Mean of 14 findings</td><td></td><td></td>")[1]
    assert row.startswith(f"<td>{mean.mean_auc:.3f}</td><td>{mean.low:.3f}–{mean.high:.3f}</td><td></td>")


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


def test_calibration_stands_before_and_after(page: AppTest, finding: str = "Effusion") -> None:
    page.selectbox(key="of").set_value(finding)
    reliability = spec(open_tab(page, "Calibration"), "reliability")
    assert "the network's own score" in reliability.replace("\\u0027", "'") and "calibrated probability" in reliability
    first = page.multiselect(key="models").value[0]
    told = subset(read_results(weights_folder() / first / "results.parquet", first), "test")
    column = told.column(finding)
    before, after = (Calibration.of(told.labels[:, column], one[:, column]) for one in (told.raw, told.probability))
    cells = [f"{value:.3f}" for name in ("brier", "equal_width", "equal_mass")
             for value in (getattr(before, name), getattr(after, name))]
    assert "".join(f"<td>{cell}</td>" for cell in cells) in html(page)


def test_a_model_that_is_told_earlier_findings_is_marked_wherever_its_figures_stand(page: AppTest) -> None:
    clinical = "ensemble-nih14-clinical"
    page.multiselect(key="models").set_value([SHIPPED, clinical]).run()
    assert not page.exception and f'<span class="warned">{clinical}' in html(page)
    assert f"{clinical} (told earlier findings)" in spec(page, "roc")
    assert "mean AUC on test is" in html(page) and "first films, where there are none" in html(page)
    assert not page.warning  # nothing is wrong with them
    published = html(look_closer(page, "Published figures"))
    assert "measured here (told earlier findings)</td>" in published


def test_a_broken_card_is_named_and_hides_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in weights_folder().iterdir():
        (tmp_path / "weights" / folder.name).mkdir(parents=True)
        for file in folder.iterdir():
            (tmp_path / "weights" / folder.name / file.name).symlink_to(file.resolve())
    broken = tmp_path / "weights" / SHIPPED / "card.toml"
    broken.unlink()
    broken.write_text("this is [no toml")
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    page = opened()
    assert not page.exception and SHIPPED in page.warning[0].value
    assert "mobilenet-128-nih6" in page.multiselect(key="models").value and charts(page) == ["roc", "grid"]


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
