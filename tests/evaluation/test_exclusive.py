"""Exclusive classes: counted confusions, intervals that cover, temperatures that are found, and the shortcut audit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cxr_core.evaluation.classes import Audit
from cxr_core.evaluation.exclusive import confidence_error, fit_temperature, measure_confusion, rate, temper
from cxr_core.evaluation.shortcuts import Group, audit_shortcuts

CLASSES = ("Normal", "Pneumonia", "COVID-19")


def test_the_confusion_of_a_counted_example() -> None:
    true = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    called = np.array([0, 0, 0, 2, 1, 1, 0, 2])
    told = measure_confusion("test", CLASSES, true, called, np.arange(8))
    assert told.counts == ((3, 0, 1), (1, 2, 1), (0, 0, 0)) and (told.n, told.patients) == (8, 8)
    assert told.accuracy.value == pytest.approx(5 / 8)
    assert {key: one.value for key, one in told.sensitivity.items()} == {"Normal": 0.75, "Pneumonia": 0.5}
    assert {key: one.value for key, one in told.specificity.items()} == {"Normal": 0.75, "Pneumonia": 1.0, "COVID-19": 0.75}


def test_films_of_one_patient_count_as_one_draw() -> None:
    rng = np.random.default_rng(0)
    hits = np.repeat(rng.random(60) < 0.5, 8)
    by_patient = rate(hits, np.repeat(np.arange(60), 8))
    by_film = rate(hits, np.arange(480))
    assert by_patient.high - by_patient.low == pytest.approx(np.sqrt(8) * (by_film.high - by_film.low), rel=0.15)


def test_the_interval_of_a_rate_covers_it() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        patients = np.repeat(np.arange(50), 3)
        hits = rng.random(150) < np.repeat(rng.beta(3, 2, 50), 3)  # 3 of 5 on average, patients differ
        told = rate(hits, patients)
        covered += told.low <= 0.6 <= told.high
    assert 180 <= covered <= 200


def test_a_rate_without_a_miss_is_no_certainty() -> None:
    told = rate(np.ones(30, bool), np.repeat(np.arange(10), 3))
    assert (told.value, told.high) == (1.0, 1.0)
    assert told.low == pytest.approx(0.6915, abs=1e-4)  # Clopper, Pearson (1934): 10 of 10 at 95%
    none = rate(np.zeros(30, bool), np.repeat(np.arange(10), 3))
    assert (none.value, none.low) == (0.0, 0.0) and none.high == pytest.approx(1 - 0.6915, abs=1e-4)


def test_patients_who_are_all_alike_or_one_alone_make_no_certainty() -> None:
    for patients in (np.repeat(np.arange(3), 2), np.zeros(6, int)):
        told = rate(np.arange(6) % 2 == 0, patients)
        assert told.value == 0.5 and told.low < 0.2 and told.high > 0.8


def test_the_temperature_of_an_overconfident_network_is_found() -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 1.5, (4000, 3))
    honest = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    targets = np.eye(3)[[rng.choice(3, p=row) for row in honest]]
    loud = temper(honest, 1 / 3)
    temperature = fit_temperature(targets, loud)
    assert temperature == pytest.approx(3, rel=0.08)
    np.testing.assert_allclose(temper(loud, temperature).sum(axis=1), 1)
    assert confidence_error(targets, temper(loud, temperature)) < 0.03 < confidence_error(targets, loud)


def test_films_that_are_all_told_right_do_not_make_the_network_certain() -> None:
    targets = np.eye(3)[np.arange(60) % 3]
    raw = 0.9 * targets + 0.1 / 3
    temperature = fit_temperature(targets, raw)
    assert 0.1 < temperature < 1 and temper(raw, temperature).max() < 1


def test_a_temperature_changes_no_films_likeliest_class() -> None:
    raw = np.random.default_rng(3).dirichlet((1, 1, 1), 200)
    for temperature in (0.3, 1.0, 5.0):
        np.testing.assert_array_equal(temper(raw, temperature).argmax(axis=1), raw.argmax(axis=1))
    np.testing.assert_allclose(temper(raw, 1.0), raw, atol=1e-6)


def films(name: str, scores: np.ndarray) -> Group:
    return Group(name, scores, np.arange(len(scores)))


def audited(read) -> Audit:
    """The audit of a model that `read`s (ill, covid, adult), each 0 or 1, of 200 films a group."""
    rng = np.random.default_rng(4)

    def group(name: str, ill: int, covid: int, adult: int) -> Group:
        scores = np.exp(rng.normal(0, 0.5, (200, 3)) + 3 * np.array(read(ill, covid, adult)))
        return films(name, scores / scores.sum(axis=1, keepdims=True))

    return audit_shortcuts(
        CLASSES, well_children=group("healthy children", 0, 0, 0), ill_children=group("ill children", 1, 0, 0),
        covid_adults=group("Hannover", 1, 1, 1), well_adults=group("healthy adults", 0, 0, 1),
        ill_adults=group("adults with pneumonia", 1, 0, 1),
    )


def test_a_model_that_reads_disease_passes_the_audit() -> None:
    told = audited(lambda ill, covid, adult: (1 - ill, ill - covid, covid))
    assert told.called[0].shares["COVID-19"].value < 0.02 and told.called[0].shares["Normal"].value > 0.98
    for row in told.told_apart[:3]:
        assert row.auc.low <= 0.5 <= row.auc.high
    assert told.told_apart[3].auc.value > 0.95  # ill adults of one hospital from well ones of another


def test_a_model_that_reads_age_is_found_out() -> None:
    told = audited(lambda ill, covid, adult: (1 - ill if not adult else 0, ill if not adult else 0, adult))
    assert told.called[0].films == "healthy adults" and told.called[0].shares["COVID-19"].value > 0.98
    assert all(row.auc.low > 0.95 for row in told.told_apart[:3])
    assert told.told_apart[3].auc.low <= 0.5 <= told.told_apart[3].auc.high  # adults all: no age left to read
    assert "of 200 films of healthy adults" in told.in_words and "are called COVID-19" in told.in_words


def test_a_model_without_an_audit_says_so() -> None:
    assert "Not audited" in Audit().in_words
    none = films("nobody", np.zeros((0, 3)))
    empty = audit_shortcuts(CLASSES, well_children=none, ill_children=none, covid_adults=none, well_adults=none, ill_adults=none)
    assert empty == Audit()


def test_results_of_classes_come_to_a_confusion_and_those_of_findings_do_not() -> None:
    import pandas as pd

    from cxr_core.evaluation.results import Results
    from cxr_core.evaluation.summary import summarise
    from cxr_core.findings import COVID3

    labels = np.eye(3)[[0, 0, 0, 1, 1, 2, 2, 2]]
    said = np.eye(3)[[0, 0, 1, 1, 1, 2, 2, 0]] * 0.8 + 0.1 * (1 - np.eye(3)[[0, 0, 1, 1, 1, 2, 2, 0]])
    films = pd.DataFrame({"subset": "test", "image": [f"{n}.png" for n in range(8)], "patient": np.arange(8), "slice": ""})
    told = Results("m", COVID3, "v", films, labels, said, said)
    confusion = summarise(told, "test", replicates=20).confusion
    assert confusion.counts == ((2, 1, 0), (0, 2, 0), (1, 0, 2)) and confusion.accuracy.value == 6 / 8
    several = labels.copy()
    several[0, 1] = 1  # two at once: findings, not classes
    assert summarise(replace(told, labels=several), "test", replicates=20).confusion is None
    assert summarise(replace(told, findings=("Mass", "Nodule", "Hernia")), "test", replicates=20).confusion is None
