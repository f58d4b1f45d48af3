"""What speaks against stored results stands in every mark and sentence that a page has of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st

from cxr_core.evaluation.provenance import Provenance
from cxr_core.evaluation.results import read_results
from cxr_core.evaluation.store import file_of
from cxr_core.evaluation.writer import write_results
from cxr_core.models.card import Card, load_card
from cxr_core.models.registry import MODELS
from cxr_core.models.weights import weights_folder
from cxr_core.ui import caveats, resources, stored

CLINICAL = "ensemble-nih14-clinical"


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_is_told_earlier_findings_says_so_and_no_other_does(name: str) -> None:
    told = MODELS[name].clinical
    assert (caveats.mark(name) == "told earlier findings") is told
    assert ("earlier films" in " ".join(caveats.cares(name))) is told


def test_what_it_is_worth_without_them_is_its_cards() -> None:
    (care,) = caveats.cares(CLINICAL)
    rows = {one.name: one for one in load_card(weights_folder() / CLINICAL).subsets}
    for films in ("test", "test, first films", "test, history unknown", "test, film not seen"):
        assert f"{rows[films].mean_auc:.3f} " in care
    assert f"on the {rows['test, first films'].n:,} first films" in care


def test_a_card_without_these_rows_gives_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    law = resources.card_of

    def card_of(model_id: str) -> Card:
        return replace(law(model_id), subsets=())

    monkeypatch.setattr(resources, "card_of", card_of)
    (care,) = caveats.cares(CLINICAL)
    assert "earlier films" in care and not any(letter.isdigit() for letter in care)


def test_results_of_other_films_say_where_known_and_somebody_elses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file says of which films the history was known; an import of the same name of a model is none of ours."""
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    st.cache_resource.clear()
    told = read_results(weights_folder() / CLINICAL / "results.parquet", CLINICAL)
    for name, kind in (("elsewhere", "evaluated"), ("theirs", "imported")):
        write_results(file_of(name), replace(told, model_id=name, provenance=Provenance(kind, CLINICAL)))
    assert caveats.mark("elsewhere") == "told earlier findings where known"
    assert caveats.mark("theirs") == "" and stored.spec_of("theirs") is None


@pytest.mark.parametrize("name", MODELS)
def test_what_a_card_makes_of_its_own_scores_is_what_is_stored(name: str) -> None:
    assert stored.is_calibrated_by(resources.card_of(name), name)


@pytest.mark.parametrize("model", ["resnet18-128-nih14", "mobilenet-128-nih6", "customcnn-224-covid3"])
def test_results_of_an_earlier_calibration_say_so_and_take_no_operating_point(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ship --recalibrate` leaves the weights as they are, and what was evaluated before keeps its probabilities."""
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    st.cache_resource.clear()
    shipped = read_results(weights_folder() / model / "results.parquet", model)
    made = Provenance("evaluated", model, digest=load_card(weights_folder() / model).weights.sha256)
    for name, share in (("now", 1), ("before", 0.9)):
        told = replace(shipped, model_id=name, provenance=made, probability=shipped.probability * share)
        write_results(file_of(name), told)
    assert not caveats.faults("now") and stored.model_of("now") == model
    assert stored.operating_points("now") == stored.operating_points(model)
    (fault,) = caveats.faults("before")
    assert "another calibration than is here" in fault and f"evaluate {model}" in fault
    assert stored.model_of("before") is None and set(stored.operating_points("before")) == {None}
