"""Models are loaded before they are wanted, and one that cannot be keeps no other from it."""

from __future__ import annotations

import gc
import shutil
import subprocess
import sys
import threading
import tomllib
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
import tiny_classes

from cxr_core.models import classifier as room
from cxr_core.models.card import load_card, write_card
from cxr_core.models.networks import build
from cxr_core.models.registry import EXPERIMENTS, find_spec
from cxr_core.models.weights import FILE, save_weights
from cxr_core.ui import resources
from cxr_core.ui.words import gap_in_words

MODEL = "resnet18-128-nih14"


def test_models_are_loaded_ahead_once_and_one_without_weights_keeps_no_other_from_it(
    tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    st.cache_resource.clear()
    before = set(threading.enumerate())  # a page of another test may have such a thread still

    def begun() -> list[threading.Thread]:
        return [one for one in set(threading.enumerate()) - before if one.name == "loading ahead"]

    resources.load_ahead(["mobilenet-128-nih6", MODEL])  # the first has no weights here
    (loading,) = begun()
    loading.join()

    def not_again(*_: object, **__: object) -> None:
        raise AssertionError("loaded a second time")

    monkeypatch.setattr(room, "load_classifier", not_again)
    assert resources.classifier(MODEL).spec.id == MODEL
    resources.load_ahead([MODEL])
    assert not begun()


def test_once_the_first_model_is_ready_what_the_performance_page_needs_is_imported() -> None:
    code = (
        "import sys\n"
        "from types import SimpleNamespace\n"
        "from cxr_core.ui import resources\n"
        "told, resources._HEAD_START = {'kind': 'waiting'}, 0\n"
        "resources._make_ready = lambda model_id: SimpleNamespace(device='CPU')\n"
        "assert not {'pandas', 'cxr_core.ui.stored'} & set(sys.modules)\n"
        "resources._load('resnet18-128-nih14', told)\n"
        "before = set(sys.modules)\n"
        "from cxr_core.ui.trust import curves, drawn_boxes, numbers, threshold\n"
        "assert told['kind'] == 'ready' and not set(sys.modules) - before\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr


def test_the_models_that_are_compared_first_are_the_best_on_val_of_those_shipped() -> None:
    st.cache_resource.clear()
    figures = {}
    for card in (Path(__file__).parents[2] / "weights").glob("*/card.toml"):
        told = tomllib.loads(card.read_text())
        if "classes" in told or told["model"]["id"] in EXPERIMENTS:
            continue  # another task, on other films; and no model to compare with
        spec = find_spec(told["model"]["id"])
        if spec.members or spec.clinical:  # what an ensemble looks at its members show; a film comes without history
            continue
        figures[told["model"]["id"]] = next((one["mean_auc"] for one in told["subsets"] if one["name"] == "val"), 0.0)
    if {"xception-128-nih14", "xception-299-nih14"} <= figures.keys():  # the same network, and six times the cost
        del figures["xception-299-nih14"]
    best = sorted(figures, key=figures.get)[-3:]
    assert set(resources.best_models(3)) == set(best)
    assert resources.best_models(3) == [one for one in resources.trained_models() if one in best]


def test_a_model_of_exclusive_classes_never_ranks_among_those_of_findings(
    tiny_weights: Path, classes_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its mean AUC on val is far above that of the others; alone it is what there is to compare."""
    st.cache_resource.clear()
    classes = tiny_classes.SPEC.id
    monkeypatch.setenv("CXR_WEIGHTS", str(classes_model / "weights"))
    assert resources.best_models() == [classes]
    for folder in (tiny_weights / MODEL, classes_model / "weights" / classes):
        shutil.copytree(folder, tmp_path / folder.name)
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path))
    st.cache_resource.clear()
    assert resources.trained_models() == [MODEL, classes] and resources.best_models() == [MODEL]


def test_a_gap_beyond_the_whole_change_is_told_without_a_size() -> None:
    assert [gap_in_words(one) for one in (0.004, 1.0, 15.3)] == ["0.4%", "100.0%", "over 100%"]
    assert gap_in_words(float("nan")) == "not known"


def test_weights_that_are_replaced_under_a_running_server_are_loaded_anew(
    tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_weights, tmp_path / "weights")  # the tests share the one that is copied
    monkeypatch.setenv("CXR_WEIGHTS", str(tmp_path / "weights"))
    st.cache_resource.clear()
    before = resources.classifier(MODEL)
    assert resources.classifier(MODEL) is before
    folder = tmp_path / "weights" / MODEL
    card = load_card(folder)
    model = build(find_spec(MODEL))
    digest = save_weights(model, folder / FILE)  # random ones
    write_card(folder, replace(card, weights=replace(card.weights, sha256=digest)))
    after = resources.classifier(MODEL)
    assert after is not before and after.card.weights.sha256 == digest
    first, *others = after.card.findings
    turned = replace(first, operating_point=first.operating_point / 2)
    write_card(folder, replace(after.card, findings=(turned, *others)))  # calibrated anew, the same weights
    assert resources.classifier(MODEL).card.finding(first.key) == turned


def test_what_scores_hang_on_is_the_cards_digest_and_what_they_are_worth_is_not(tiny_weights: Path) -> None:
    card = load_card(tiny_weights / MODEL)
    first, *others = card.findings

    def with_first(**changes: object) -> str:
        return replace(card, findings=(replace(first, **changes), *others)).digest

    changed = {with_first(platt=(2.0, 0.0)), with_first(operating_point=0.1), with_first(unsure=(0.1, 0.2)),
               replace(card, weights=replace(card.weights, sha256="0" * 64)).digest}
    assert len(changed | {card.digest}) == 5
    assert with_first(figures={}) == card.digest == replace(card, subsets=()).digest


def test_a_network_that_gave_up_its_place_is_freed_though_it_was_kept_out_of_collections(tiny_weights: Path) -> None:
    st.cache_resource.clear()
    network = weakref.ref(resources.classifier(MODEL)._model)
    st.cache_resource.clear()
    gc.collect()
    assert network() is not None  # it hangs together in circles, and is frozen: no collection looks at it
    resources.classifier(MODEL)
    assert network() is None
