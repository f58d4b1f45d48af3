"""What ships of a model with exclusive classes: card, confusion, results, audit; and how it reads a film."""

from __future__ import annotations

from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tiny_classes as tiny

from cxr_core.datasets.sources import TITLES
from cxr_core.errors import TrainingError
from cxr_core.evaluation.bootstrap import auc
from cxr_core.evaluation.classes import Audit
from cxr_core.evaluation.results import load_results, subset
from cxr_core.models.card import Card, load_card, write_card

CLASSES = tiny.SPEC.findings


@pytest.fixture
def shipped(classes_model: Path) -> Path:
    return classes_model / "weights" / tiny.SPEC.id


@pytest.fixture
def card(shipped: Path) -> Card:
    return load_card(shipped)


def test_the_card_comes_back_as_it_was_written(card: Card, tmp_path: Path) -> None:
    write_card(tmp_path, card)
    assert load_card(tmp_path) == card
    assert all(finding.operating_point is None and finding.platt is None for finding in card.findings)


def test_the_confusion_is_that_of_the_stored_results(card: Card, shipped: Path) -> None:
    results = subset(load_results(shipped), "test")
    (told,) = (one for one in card.classes.confusions if one.films == "test")
    counts = np.zeros((3, 3), int)
    for labels, probability in zip(results.labels, results.probability, strict=True):
        counts[labels.argmax(), probability.argmax()] += 1
    assert np.array(told.counts).tolist() == counts.tolist() and told.n == len(results) > 10
    assert told.accuracy.value == pytest.approx(np.trace(counts) / told.n)
    assert told.accuracy.low < told.accuracy.value < told.accuracy.high or told.accuracy.value == 1
    np.testing.assert_allclose(results.probability.sum(axis=1), 1, rtol=1e-5)


def test_adults_alone_are_audited_and_only_those_without_other_findings(card: Card, shipped: Path) -> None:
    data = pd.read_csv(shipped.parents[1] / "data" / "nih" / "images.csv")
    grown = data[(data["age"] >= 18) & (data["split"] != "train")]
    well, ill = (grown[grown["finding_labels"] == label] for label in ("No Finding", "Pneumonia"))
    called = card.classes.audit.called
    assert [row.n for row in called] == [len(well), len(ill)]
    adults = subset(load_results(shipped), "nih_adults")
    assert len(adults) == len(well) + len(ill) and adults.labels[:, CLASSES.index("COVID-19")].sum() == 0
    own = adults.labels[:, CLASSES.index("Normal")] == 1
    share = np.mean(adults.probability[own].argmax(axis=1) == CLASSES.index("COVID-19"))
    assert called[0].shares["COVID-19"].value == pytest.approx(share)


def test_the_audits_auc_is_that_of_the_stored_results(card: Card, shipped: Path) -> None:
    results, normal = load_results(shipped), CLASSES.index("Normal")
    own = results.labels[:, normal] == 1
    of_test = (results.films["subset"] == "test").to_numpy()[own]
    told = card.classes.audit.told_apart[0]
    assert (told.score, told.n) == ("Normal", (int(of_test.sum()), int((~of_test).sum())))
    assert told.auc.value == pytest.approx(auc(of_test, results.probability[own, normal]), abs=1e-6)
    assert "Shortcut audit" in card.classes.audit.in_words


def test_the_audits_intervals_are_measured_anew_from_the_stored_results_and_nothing_else_moves(
    card: Card, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.training.remeasure import remeasure

    monkeypatch.setenv("CXR_WEIGHTS", str(shipped.parent))
    audit = card.classes.audit
    old = Audit(
        tuple(replace(one, shares={key: replace(rate, low=0.0, high=0.0) for key, rate in one.shares.items()})
              for one in audit.called),
        tuple(replace(one, auc=replace(one.auc, low=0.0, high=0.0)) for one in audit.told_apart),
    )
    write_card(shipped, replace(card, classes=replace(card.classes, audit=old)))
    made = remeasure(tiny.SPEC).classes
    for one, other in zip(audit.called, made.audit.called, strict=True):
        assert replace(other, shares={}) == replace(one, shares={})
        for key, rate in one.shares.items():
            assert astuple(other.shares[key]) == pytest.approx(astuple(rate))
    for one, other in zip(audit.told_apart, made.audit.told_apart, strict=True):
        assert replace(other, auc=one.auc) == one and astuple(other.auc) == pytest.approx(astuple(one.auc), abs=1e-6)
    first, *others = audit.called
    wrong = {key: replace(rate, value=2.0) for key, rate in first.shares.items()}
    wrong = replace(audit, called=(replace(first, shares=wrong), *others))
    write_card(shipped, replace(card, classes=replace(card.classes, audit=wrong)))
    with pytest.raises(TrainingError, match="do not belong together"):
        remeasure(tiny.SPEC)


def test_without_adults_nothing_is_audited_and_that_is_said(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.training.assess import assess

    monkeypatch.setenv("CXR_DATA", str(tmp_path))
    (tmp_path / "films").mkdir()
    index = tiny.draw_classes(tmp_path / "films")
    card = assess(tiny.RECIPE, index, shipped.parents[1] / "run", hardware="a test", out=tmp_path / "out")
    assert "Not audited" in card.classes.audit.in_words and load_card(tmp_path / "out") == card
    made = load_results(tmp_path / "out").provenance
    assert made.split == "test" and made.data == f"{TITLES['coronahack']}, {TITLES['covid']}"


def test_films_of_ones_own_ship_without_the_words_of_ours(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_core.training.assess import assess

    monkeypatch.setenv("CXR_DATA", str(shipped.parents[1] / "data"))  # whose adults are audited
    (tmp_path / "films").mkdir()
    index = tiny.draw_classes(tmp_path / "films")
    card = assess(tiny.RECIPE, index, shipped.parents[1] / "run", hardware="a test", out=tmp_path / "out", data="mine")
    assert card.data.sources[0] == "the films of mine" and card.data.sources[-1].startswith("NIH")  # the audit's alone
    words = " ".join((*card.data.sources, *card.use.limits, card.training.data, card.classes.audit.in_words))
    assert not any(one in words for one in ("Hannover", "CoronaHack", "Kermany", "children"))
    assert {one.name: one.label_version for one in card.subsets}["test"] == "those of mine"
    made = load_results(tmp_path / "out").provenance
    assert made.label_version == "those of mine" and made.command.endswith(" --data mine")
    assert card.training.data == "split train of mine, choice on val" and made.overlap == 0
    assert made.data.startswith("the films of mine, and the reduced NIH") and "train" not in made.data
