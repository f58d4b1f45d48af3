"""The Models page: the paper's figures beside ours, and what a leaky split gave, marked and without weights."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from page_parts import plain
from streamlit.testing.v1 import AppTest

from cxr_core.datasets.index import Index
from cxr_core.evaluation.provenance import Provenance
from cxr_core.evaluation.published import PUBLISHED, figures_of
from cxr_core.evaluation.results import FILE, Results
from cxr_core.evaluation.writer import write_results
from cxr_core.findings import title_of
from cxr_core.models.card import ClinicalCard, Effect, Figure, load_card, write_card
from cxr_core.models.registry import EXPERIMENTS, MODELS
from cxr_core.ui import stored
from cxr_core.ui.card_worth import effects_table, findings_table, worth_table
from cxr_core.ui.dataset.scores import scored_by

APP = str(Path(__file__).parents[2] / "app.py")
MODEL, LEAKY = "resnet18-128-nih14", "xception-128-nih14-leaky"
SPLIT = "the reduced NIH set, LEAKY split 75:25 by image"
LIMIT = "LEAKY on purpose, as its paper's split."


@pytest.fixture
def weights(tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model, and beside it what a leaky split gave: a card and results, no weights."""
    st.cache_resource.clear()
    shutil.copytree(tiny_weights / MODEL, tmp_path / "weights" / MODEL)
    card, folder = load_card(tiny_weights / MODEL), tmp_path / "weights" / LEAKY
    folder.mkdir()
    figure = Figure(0.71, 0.65, 0.77, 30, 400)
    names = ("leaky test", "leaky test, patients of train", "leaky test, other patients")
    write_card(folder, replace(
        card, model=replace(card.model, id=LEAKY, title=EXPERIMENTS[LEAKY].title),
        weights=replace(card.weights, file="not shipped"), training=replace(card.training, data=SPLIT),
        use=replace(card.use, limits=(LIMIT,)),
        findings=tuple(replace(one, figures=dict.fromkeys(names, figure)) for one in card.findings),
        subsets=tuple(replace(card.subsets[0], name=name, n=400, mean_auc=0.71) for name in names),
    ))
    for name, subset, leaky in ((MODEL, "test", False), (LEAKY, "leaky test", True)):
        films = pd.DataFrame({"subset": subset, "image": [f"{n:08}_000.png" for n in range(6)], "patient": "1"})
        scores, labels = np.full((6, 2), 0.4, np.float32), np.eye(2)[np.arange(6) % 2]
        made = Provenance("shipped", name, overlap=1 if leaky else 0, leaky=leaky)
        told = Results(name, ("Mass", "Nodule"), "v", films, labels, scores, scores, made)
        write_results(folder.parent / name / FILE, told)
    monkeypatch.setenv("CXR_WEIGHTS", str(folder.parent))
    return folder.parent


def test_what_a_leaky_split_gave_is_listed_as_an_experiment_and_marked(weights: Path) -> None:
    app = AppTest.from_file(APP, default_timeout=300).run()
    app.switch_page("pages/models.py").run()
    box = app.selectbox(key="card_of")
    assert box.options == [MODELS[MODEL].title, EXPERIMENTS[LEAKY].title] and not app.warning
    box.set_value(LEAKY).run()
    assert not app.exception and not app.error
    assert LIMIT in app.warning[0].value and "no model to read with" in app.warning[0].value
    told = plain(app)
    assert "experiment, no weights" in told and "sha256" not in told and f"Ours: {SPLIT}." in told
    assert "leaky test, other patients" in told and "0.710" in told
    assert "published: Mondal, Agarwal, Rashid 2019, random 75:25 by image" in told and "0.591" in told


def test_no_film_is_ordered_or_judged_by_scores_of_a_leaky_split(weights: Path) -> None:
    table = pd.DataFrame({"image": [f"{n:08}_000.png" for n in range(6)], "path": "", "patient": "1"})
    data = SimpleNamespace(key="here", films=SimpleNamespace(index=Index(Path(), table)))
    assert stored.names() == [MODEL, LEAKY] and stored.names_not_leaky() == [MODEL] == scored_by(data)


@pytest.mark.parametrize("model_id", [one.model_id for one in PUBLISHED if one.model_id])
def test_every_papers_figures_stand_beside_ours_with_their_films_and_split(weights: Path, model_id: str) -> None:
    card, paper = load_card(weights / MODEL), figures_of(model_id)
    worth, findings = worth_table(card, paper), findings_table(card, paper)
    assert f"published: {paper.name} {paper.year}, {paper.split}" in unescape(worth) and paper.n in worth
    assert f"<td>{card.subsets[0].n:,}</td>" in worth and f"test, {card.subsets[0].n:,} films" in findings
    if paper.mean == paper.mean:
        assert f"<td>{paper.mean:.3f}</td>" in worth
    for value in paper.auc.values():
        assert f"<td>{value:.3f}</td>" in findings
    assert (f"published: {paper.n}, {paper.split}" in unescape(findings)) == bool(paper.auc)
    assert "published" not in worth_table(card, None) + findings_table(card, None)


def test_how_far_an_input_moves_a_score_has_its_sign_unless_it_is_nothing(weights: Path) -> None:
    card = load_card(weights / MODEL)
    change = (0.0123, -0.0004, 0.0004, *[-0.1] * (len(card.findings) - 3))
    told = replace(card, clinical=ClinicalCard((0.5,) * 17, (Effect("sex from F to M", change),)))
    cells = re.findall(r"<td>(.*?)</td>", effects_table(told))
    assert cells[:6] == [title_of(card.findings[0].key), "+1.2", title_of(card.findings[1].key), "0.0",
                         title_of(card.findings[2].key), "0.0"]
    assert cells[-1] == "-10.0" and len(cells) == 2 * len(card.findings)
