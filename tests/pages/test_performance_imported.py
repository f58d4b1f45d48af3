"""The Performance page with results of other people's models, and with results that changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import small_set
import streamlit as st
from page_parts import charts, html, spec
from performance_page import SHIPPED, imported, look_closer, opened

from cxr_core.evaluation.curves import RocCurve
from cxr_core.evaluation.provenance import Provenance
from cxr_core.evaluation.results import read_results
from cxr_core.evaluation.store import file_of
from cxr_core.evaluation.writer import write_results
from cxr_core.imaging.phantom import make_phantom
from cxr_core.models.weights import weights_folder
from cxr_core.ui import measured, stored
from cxr_core.ui.trust import choice


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's folder of the test's own."""
    monkeypatch.setenv("CXR_HOME", str(tmp_path))


def test_imported_results_stand_beside_ours_on_the_same_films() -> None:
    imported("theirs", better=0.5, subset="official")
    page = opened()
    page.multiselect(key="models").set_value([SHIPPED, "theirs"]).run()
    assert not page.exception and not page.error
    told = html(page)
    assert "theirs · imported" in told and "theirs · imported has the higher " in told
    assert "Other films" not in told and "official" in page.radio(key="subset").options
    row = told.split("theirs · imported</h2>")[1].split("<td>Effusion</td>")[1]
    assert row.startswith("<td>1,379</td><td>329</td>") and "<td>–</td><td>–</td>" in row.split("</tr>")[0]
    assert any("chosen on val, of the models that have one." in one.value for one in page.caption)
    page.radio(key="subset").set_value("official").run()
    assert not page.exception and not page.error and "1,984 films" in html(page)
    assert page.multiselect(key="models").value == ["theirs"]
    assert any("No operating point is known here" in one.value for one in page.caption)


def test_results_of_other_films_are_marked_and_not_compared() -> None:
    names = [f"film{n}.png" for n in range(1984)]
    imported("strangers", image=names)
    imported("others", subset="test", image=[f"other-{name}" for name in names])
    page = opened()
    assert "strangers" not in page.multiselect(key="models").options[-1]  # their "test" is none of NIH's
    page.radio(key="subset").set_value("test (of strangers)").run()
    assert not page.exception and not page.error and page.multiselect(key="models").value == ["strangers"]
    assert "test (of strangers): 1,379 films" in html(page)
    published = html(look_closer(page, "Published figures"))
    assert "part of the official test list" not in published
    assert '<td class="pale">test (of strangers)</td>' in published


def test_films_of_two_strangers_are_marked_and_not_compared() -> None:
    for name in ("one", "two"):
        imported(name, subset="holdout", image=[f"{name}{n}.png" for n in range(1984)])
    page = opened()
    page.radio(key="subset").set_value("holdout").run()
    assert not page.exception and not page.error and page.multiselect(key="models").value == ["one", "two"]
    told = html(page)
    assert "0 of these 1,984 are the same" in told and '<span class="warned">two abababab · other films</span>' in told
    assert "no film in common" in " ".join(one.value for one in page.caption)
    roc = spec(page, "roc")
    assert "two (other films)" in roc and "one (other films)" not in roc


def test_results_that_cannot_be_read_are_named_and_hide_no_others() -> None:
    file_of("broken").parent.mkdir(parents=True, exist_ok=True)
    file_of("broken").write_bytes(b"none")
    page = opened()
    assert "broken are no Parquet" in page.warning[0].value and charts(page) == ["roc", "grid"]


def test_edited_labels_and_a_calibration_anew_change_every_figure() -> None:
    """The same names, the same weights, the same name of the labels' table: nothing but the content says it."""
    imported("theirs", better=0.2, subset="test")
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


def test_films_told_into_other_parts_change_every_figure() -> None:
    imported("theirs", better=0.2, subset="test")
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


def test_patients_that_were_learnt_from_are_warned_of_wherever_figures_stand() -> None:
    told = read_results(weights_folder() / SHIPPED / "results.parquet", SHIPPED)
    made = Provenance("evaluated", SHIPPED, "cd" * 32, overlap=3807, label_version="2020", date="2026-11-21T10:00:00Z")
    write_results(file_of("on-train"), replace(told, model_id="on-train", films=told.films.assign(subset="train"),
                                               provenance=made))
    page = opened()
    page.radio(key="subset").set_value("train").run()
    assert not page.exception and not page.error
    (warning,) = page.warning
    assert "3,807 patients of these films are among those that the model was trained on" in warning.value
    assert "are of other weights (cdcdcdcd) than are here" in warning.value and "evaluate resnet18" in warning.value
    assert "on-train cdcdcdcd · 3,807 patients learnt from" in html(page)
    roc = spec(page, "roc")
    assert "on-train (3,807 patients learnt from)" in roc
    assert choice.shown("on-train").cares[0] in warning.value


def test_colours_stay_when_others_join_and_go() -> None:
    imported("middle")
    before = choice.shown("middle").colour
    imported("a-first")
    imported("z-last")
    colours = [choice.shown(name).colour for name in ("middle", "a-first", "z-last")]
    assert colours[0] == before and len(set(colours)) == 3
    file_of("middle").unlink()
    assert [choice.shown(name).colour for name in ("a-first", "z-last")] == colours[1:]


def test_films_of_imported_results_open_in_read_by_a_model_that_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported("theirs", better=0.5)
    names = read_results(weights_folder() / SHIPPED / "results.parquet", SHIPPED).films["image"]
    root = small_set.draw_set(tmp_path / "data" / "nih", patients=1, films=1)
    table = pd.read_csv(root / small_set.NEWER)
    table.loc[[0] * len(names)].assign(**{"Image Index": list(names)}).to_csv(root / small_set.NEWER, index=False)
    (film := tmp_path / "film.png").write_bytes(make_phantom(100))  # too small to be scored: no network is loaded
    for name in names:
        (root / "images" / name).unlink(missing_ok=True)
        (root / "images" / name).hardlink_to(film)
    monkeypatch.setenv("CXR_DATA", str(tmp_path / "data"))
    page = opened()
    page = look_closer(page.multiselect(key="models").set_value(["theirs"]).run(), "Sample films")
    opening = [one for one in page.button if one.label == "Open in Read"]
    assert opening and not any(one.disabled for one in opening) and "is not here" in opening[0].help
    opening[0].click().run()
    assert not page.exception and ("too small" in html(page).lower() or "at least 128" in html(page))
    assert page.selectbox(key="model").value in {one.name for one in weights_folder().iterdir()}
