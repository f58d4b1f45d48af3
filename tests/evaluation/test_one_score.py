"""Card, page, command line and report measure one score: the probability that a reader sees."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cxr_core.evaluation import drawn
from cxr_core.evaluation.bootstrap import auc
from cxr_core.evaluation.calibration import LEAST_SLOPE, fit_platt, platt
from cxr_core.evaluation.comparison import compare
from cxr_core.evaluation.curves import RocCurve, worth
from cxr_core.evaluation.results import ABOUT, Results, subset
from cxr_core.evaluation.store import list_stored
from cxr_core.evaluation.summary import names_of, summarise
from cxr_core.models.card import load_card
from cxr_core.models.weights import weights_folder

SHIPPED = [one for one in list_stored(weights_folder()) if one.shipped]
NAN = (float("nan"), float("nan"))


@pytest.mark.parametrize("stored", SHIPPED, ids=lambda one: one.id)
def test_calibration_keeps_the_order_of_films_and_the_interval_holds_its_area(stored) -> None:
    """A card of the one score beside an interval of the other said .540 with .419 to .497."""
    told, card = stored.read(), load_card(stored.file.parent)
    if card.classes is not None:
        pytest.skip("exclusive classes share one temperature: no class keeps its own order")
    assert all(finding.platt[0] > 0 for finding in card.findings)
    for name in names_of(told):
        part = subset(told, name)
        for c, key in enumerate(part.findings):
            shown, figure = auc(part.labels[:, c], part.probability[:, c]), card.finding(key).figures.get(name)
            if figure is None:
                assert np.isnan(shown)
                continue
            assert shown == pytest.approx(auc(part.labels[:, c], part.raw[:, c]), abs=0.002)
            assert shown == pytest.approx(figure.auc, abs=0.002) and figure.low <= shown <= figure.high


@pytest.mark.parametrize("stored", SHIPPED, ids=lambda one: one.id)
def test_a_rate_that_stands_in_two_tables_has_one_interval_and_no_area_a_certainty(stored) -> None:
    """Adults without a finding that are called normal: a class's sensitivity, and a row of the audit."""
    card = load_card(stored.file.parent)
    if card.classes is None:
        pytest.skip("no exclusive classes")
    confusion = next(one for one in card.classes.confusions if one.films == "nih_adults")
    for row, key in zip(card.classes.audit.called, ("Normal", "Pneumonia"), strict=True):
        audited, own = row.shares[key], confusion.sensitivity[key]
        assert (audited.value, audited.low, audited.high) == pytest.approx((own.value, own.low, own.high), abs=1e-12)
    assert all(row.auc.low < row.auc.value <= row.auc.high for row in card.classes.audit.told_apart)


def upside_down(count: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """Ill films score below well ones: AUC about .24."""
    rng = np.random.default_rng(3)
    positive = (np.arange(count) % 6 == 0).astype(float)
    return positive, 1 / (1 + np.exp(-(rng.normal(size=count) - positive - 2)))


def test_a_score_that_is_upside_down_on_val_is_not_turned_round() -> None:
    positive, raw = upside_down()
    a, b = fit_platt(positive, raw)
    probability = platt(raw, a, b)
    assert a == LEAST_SLOPE and auc(positive, probability) == auc(positive, raw) < 0.4
    assert probability.mean() == pytest.approx(positive.mean(), abs=1e-3) and np.ptp(probability) < 0.02
    assert auc(positive, probability.astype(np.float32)) == pytest.approx(auc(positive, raw), abs=1e-4)


def test_a_score_without_information_is_the_prevalence() -> None:
    raw = np.random.default_rng(8).uniform(0.01, 0.6, 4000)
    positive = np.arange(4000) % 10 == 0
    probability = platt(raw, *fit_platt(positive, raw))
    assert probability.mean() == pytest.approx(0.1, abs=1e-3) and np.ptp(probability) < 0.1


def turned() -> Results:
    """Results whose calibrated score is their raw one turned round, as a card with a negative slope made them."""
    positive, raw = upside_down()
    films = pd.DataFrame({name: "" for name in ABOUT}, index=range(len(raw))).assign(
        subset="test", image=[f"{n:04}.png" for n in range(len(raw))], patient=np.arange(len(raw)) // 2
    )
    return Results("turned", ("Mass",), "v", films, positive[:, None], raw[:, None], 1 - raw[:, None])


def test_every_way_to_an_area_gives_the_same_one_and_its_own_interval(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXR_HOME", str(tmp_path))
    monkeypatch.setattr(drawn, "REPLICATES", 100)
    told = turned()
    positive, probability = told.labels[:, 0], told.probability[:, 0]
    truth = auc(positive, probability)
    (summary,) = summarise(told, "test", replicates=100).findings
    row = worth("Mass", positive, probability, 0.5, NAN)
    (difference,) = compare(told, told, replicates=20).findings
    curve = RocCurve.from_predictions(positive, probability)
    assert truth > 0.7
    assert [summary.auc, row.auc, difference.first, curve.auc] == pytest.approx([truth] * 4, abs=1e-12)
    assert np.trapezoid(curve.true, curve.false) == pytest.approx(truth)
    spans = (summary.interval, summary.delong, row.delong, drawn.draw_spans(told, "test", "")["Mass"])
    assert all(low < truth < high for low, high in spans)
    again = drawn.find_spans(Results(told.model_id, told.findings, "v", told.films, told.labels, told.raw, told.raw),
                             "test", "")
    assert again is None  # calibrated anew, the same weights are drawn anew
