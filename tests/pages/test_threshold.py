"""Operating points on the Performance page: every rule, the films behind a count, and the way to the Read page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from page_parts import html
from streamlit.testing.v1 import AppTest

from cxr_core.evaluation.classes import Rate
from cxr_core.evaluation.operating import consequences, cost_point, f1_point, youden_point
from cxr_core.evaluation.results import load_results, subset
from cxr_core.evaluation.saved_points import FILE, saved_points
from cxr_core.imaging.phantom import make_phantom
from cxr_core.models.card import load_card
from cxr_core.models.weights import weights_folder
from cxr_core.ui.tables import three_digits
from cxr_core.ui.trust import own_point, threshold

APP = str(Path(__file__).parents[2] / "app.py")
SHIPPED = "resnet18-128-nih14"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    st.cache_resource.clear()
    app = AppTest.from_file(APP, default_timeout=300).run().switch_page("pages/performance.py").run()
    app.multiselect(key="models").set_value([SHIPPED])
    return app.selectbox(key="of").set_value("Effusion").run()


def effusion() -> tuple:
    told = subset(load_results(weights_folder() / SHIPPED), "test")
    column = told.column("Effusion")
    return told.labels[:, column], told.probability[:, column]


def test_every_rule_finds_its_threshold(page: AppTest) -> None:
    positive, probability = effusion()
    card = load_card(weights_folder() / SHIPPED).finding("Effusion").operating_point
    truth = {
        threshold.CARD: card, threshold.YOUDEN: youden_point(positive, probability),
        threshold.F1: f1_point(positive, probability),
        threshold.COST: cost_point(positive, probability, 10, round(positive.mean(), 4)), threshold.HAND: card,
    }
    for rule, point in truth.items():
        page.selectbox(key="rule").set_value(rule).run()
        assert not page.exception and f"At a threshold of <b>{three_digits(point)}</b>" in html(page)
    by_hand = page.slider(key=f"by_hand {SHIPPED} Effusion")
    by_hand.set_value(by_hand.max).run()
    assert "<b>0.0%</b>" in html(page) and "no film is called positive; one called negative" in html(page)
    assert "(PPV)" not in html(page) and "flagged films are read" not in html(page)


def test_the_slider_of_a_rare_finding_spans_its_scores_and_is_its_own(page: AppTest) -> None:
    """Hernia's scores end below .05: a slider from 0 to 1 in thousandths has a few dozen places for them."""
    page.selectbox(key="rule").set_value(threshold.HAND).run()
    page.slider(key=f"by_hand {SHIPPED} Effusion").set_value(0.3).run()
    page.selectbox(key="of").set_value("Hernia").run()
    told = subset(load_results(weights_folder() / SHIPPED), "test")
    scores = told.probability[:, told.column("Hernia")]
    by_hand = page.slider(key=f"by_hand {SHIPPED} Hernia")
    assert not page.exception and scores.min() <= by_hand.value <= scores.max() < 0.05
    assert by_hand.min == scores.min() and by_hand.max == pytest.approx(scores.max() + by_hand.step)
    assert by_hand.step == pytest.approx((scores.max() - scores.min()) / 500)
    middle = float(np.median(scores))
    by_hand.set_value(middle).run()
    assert f"At a threshold of <b>{three_digits(middle)}</b>" in html(page) and middle == pytest.approx(
        float(three_digits(middle)), rel=0.005)


def test_a_value_lies_within_its_interval_as_both_are_written() -> None:
    """Of 1,000 ill films 718 are found: in whole percents its interval would begin above it."""
    positive, called = np.arange(2000) < 1000, np.arange(2000) < 718
    led = consequences(positive, called.astype(float), 0.5, 0.5)
    told = threshold.in_words(led, 0.5, 0.5, Rate(0.718, 0.7176, 0.7193), None)
    assert "sensitivity <b>71.8%</b> (71.8%–71.9%)" in told


def test_what_every_film_is_called_says_nothing_of_the_others() -> None:
    led = consequences(np.arange(40) < 20, np.ones(40), 0.5, 0.5)
    assert "no film is called negative" in threshold.in_words(led, 0.5, 0.5, None, None)


def test_a_threshold_by_hand_was_set_on_these_films_once_it_is_moved(page: AppTest) -> None:
    page.selectbox(key="rule").set_value(threshold.HAND).run()
    assert "expect less elsewhere" not in said(page)  # it stands where the card's does, which val chose
    page.slider(key=f"by_hand {SHIPPED} Effusion").set_value(0.3).run()
    assert "expect less elsewhere" in said(page)


def test_a_list_of_films_says_the_threshold_as_the_panel_does_and_what_its_columns_are(page: AppTest) -> None:
    """Hernia's scores lie close to 0: in three places threshold and scores would be one."""
    page.selectbox(key="of").set_value("Hernia").run()
    page.button(key="cell_false_alarm").click().run()
    told, point = html(page), load_card(weights_folder() / SHIPPED).finding("Hernia").operating_point
    assert f"At a threshold of <b>{three_digits(point)}</b>" in told and f"threshold {three_digits(point)} of" in told
    scores = subset(load_results(weights_folder() / SHIPPED), "test")
    column = scores.column("Hernia")
    worst = scores.probability[scores.labels[:, column] == 0, column].max()
    assert f'<span class="scores">{three_digits(worst)}</span>' in told
    assert "<span>Film</span><span>Patient</span><span>Labels</span><span class='scores'>Score of Hernia</span>" in told


def test_a_saved_point_that_was_found_on_test_films_keeps_its_caveat(page: AppTest) -> None:
    page.selectbox(key="rule").set_value(threshold.YOUDEN).run()
    page.text_input(key="who").set_value("Dr. Roe").run()
    page.button(key="use_point").click().run()
    assert page.selectbox(key="rule").value == own_point.RULE
    assert "expect less elsewhere" in said(page) and "the very films" in said(page)
    page.radio(key="subset").set_value("test_wide").run()
    page.selectbox(key="of").set_value("Effusion").run()
    assert "Your point was set on test: 1,379 films" in said(page)
    page.radio(key="subset").set_value("test").run()
    page.selectbox(key="of").set_value("Effusion").run()
    page.selectbox(key="rule").set_value(threshold.CARD).run()
    page.button(key="use_point").click().run()
    assert page.selectbox(key="rule").value == own_point.RULE and "expect less elsewhere" not in said(page)


def said(page: AppTest) -> str:
    return " ".join(one.value for one in page.caption)


def test_a_count_opens_its_films_the_worst_first_and_closes_them(page: AppTest) -> None:
    positive, probability = effusion()
    page.button(key="cell_false_alarm").click().run()
    told = html(page)
    worst = probability[positive == 0].max()
    assert not page.exception and told.count("film-row") == 8
    assert f'<span class="scores">{three_digits(worst)}</span>' in told.split("film-row")[1]
    page.button(key="cell_missed").click().run()
    worst = probability[positive == 1].min()
    assert f'<span class="scores">{three_digits(worst)}</span>' in html(page).split("film-row")[1]
    page.button(key="cell_missed").click().run()
    assert "film-row" not in html(page)


def test_without_the_data_the_list_says_what_to_set(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "nothing"))
    page.button(key="cell_missed").click().run()
    assert "Set CXR_DATA" in " ".join(one.value for one in page.caption) and "film-row" in html(page)
    assert not [one for one in page.button if one.label == "Open in Read"]


def missed(page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a film behind a count, where no data are at hand."""
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "nothing"))
    st.cache_resource.clear()
    page.button(key="cell_missed").click().run()
    return html(page).split("film-row")[1].split("<b>")[1].split("<")[0]


def test_films_of_a_folder_that_the_dataset_page_opened_are_found(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One named film of the list, laid out as NIH's download is."""
    image = missed(page, tmp_path, monkeypatch)
    assert "open their folder on the Dataset page" in said(page)
    (tmp_path / "typed" / "images").mkdir(parents=True)
    (tmp_path / "typed" / "images" / f"{Path(image).stem}.png").write_bytes(make_phantom(200))
    header = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position\n"
    (tmp_path / "typed" / "Data_Entry_2017_v2020.csv").write_text(
        f"{header}{Path(image).stem}.png,Effusion,0,{int(image[:8])},50,M,PA\n")
    page.session_state["dataset_typed"] = str(tmp_path / "typed")
    page.run()
    assert not page.exception and [one.label for one in page.button].count("Open in Read") == 1


def test_films_of_a_table_that_the_dataset_page_opened_are_found(
    page: AppTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One named film of the list; the table lies elsewhere."""
    image = missed(page, tmp_path, monkeypatch)
    (tmp_path / "films" / "deep").mkdir(parents=True)
    (tmp_path / "films" / "deep" / f"{Path(image).stem}.png").write_bytes(make_phantom(200))
    (tmp_path / "own.csv").write_text(f"image,patient,labels\n{image},{int(image[:8])},Effusion\n")
    page.session_state["dataset_typed"] = str(tmp_path / "own.csv")
    page.session_state["dataset_films_typed"] = str(tmp_path / "films")
    page.run()
    assert not page.exception and [one.label for one in page.button].count("Open in Read") == 1


@pytest.mark.realdata
def test_a_film_behind_a_count_is_opened_on_the_read_page(page: AppTest, data_folder: Path) -> None:
    page.button(key="cell_missed").click().run()
    image = html(page).split("film-row")[1].split("<b>")[1].split("<")[0]
    next(one for one in page.button if one.label == "Open in Read").click().run()
    film = next(iter(page.session_state["session_films"].values()))
    assert not page.exception and Path(film.name).stem == Path(image).stem
    assert page.session_state["model"] == SHIPPED and page.session_state["finding_of"] == {film.sha256: "Effusion"}


@pytest.mark.realdata
def test_a_film_behind_a_count_is_compared_by_the_finding_of_the_count(page: AppTest, data_folder: Path) -> None:
    page.button(key="cell_missed").click().run()
    image = html(page).split("film-row")[1].split("<b>")[1].split("<")[0]
    page.session_state["compare_models"] = ["mobilenet-128-nih6"]
    page.session_state["compare_methods"] = []  # nothing is drawn
    next(one for one in page.button if one.label == "Compare").click().run()
    film = next(iter(page.session_state["session_films"].values()))
    assert not page.exception and Path(film.name).stem == Path(image).stem
    assert page.selectbox(key="compare_finding").value == "Effusion"
    assert set(page.multiselect(key="compare_models").value) == {"mobilenet-128-nih6", SHIPPED}


def test_a_point_is_put_to_use_shown_and_undone(page: AppTest) -> None:
    digest = load_card(weights_folder() / SHIPPED).digest
    page.selectbox(key="rule").set_value(threshold.SENSITIVE).run()
    page.button(key="use_point").click().run()
    assert "Say who" in page.warning[0].value and not saved_points(digest)
    page.text_input(key="who").set_value("Dr. <b>Roe</b>").run()
    page.button(key="use_point").click().run()
    kept = saved_points(digest)["Effusion"]
    assert (kept.who, kept.rule) == ("Dr. <b>Roe</b>", "sensitivity of at least 90%")
    assert page.selectbox(key="rule").value == own_point.RULE
    assert f"At a threshold of <b>{three_digits(kept.threshold)}</b>" in html(page) and "Dr. &lt;b&gt;Roe" in html(page)
    page.button(key="undo_point").click().run()
    assert not page.exception and not saved_points(digest) and page.selectbox(key="rule").value == threshold.CARD
    assert "undone" in html(page)


def test_a_broken_file_of_points_is_said_and_the_page_goes_on(page: AppTest, tmp_path: Path) -> None:
    file = tmp_path / "settings" / FILE
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database at all" * 100)
    page.run()
    assert not page.exception and "could not be read" in page.warning[0].value
    assert "At a threshold of" in html(page)
