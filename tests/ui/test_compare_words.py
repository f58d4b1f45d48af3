"""What the Compare page says of a cell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cxr_core.models.card import load_card
from cxr_core.models.prediction import Score
from cxr_core.ui.compare_words import score_line, worth_line

WEIGHTS = Path(__file__).parents[2] / "weights"
SCORE = Score("Infiltration", 0.1, 0.12, 0.3, (0.25, 0.35))


@pytest.mark.parametrize(("model_id", "finding", "test"), [
    ("resnet18-128-nih14", "Effusion", "on NIH's test"), ("resnet18-224-covid3", "COVID-19", "on CoronaHack's test"),
])
def test_an_auc_says_on_whose_films_it_was_measured(model_id: str, finding: str, test: str) -> None:
    if not (WEIGHTS / model_id / "card.toml").is_file():
        pytest.skip("no weights are shipped here")
    said, _ = worth_line(replace(SCORE, finding=finding), load_card(WEIGHTS / model_id))
    assert said.startswith("AUC ") and said.endswith(test)


@pytest.mark.parametrize(("probability", "point", "said"), [
    (0.1186, 0.1213, ("Infiltration 11.9% · under", "operating point 12.1%")),
    (0.12001, 0.12049, ("Infiltration 12.00% · under", "operating point 12.05%")),
    (0.1149, 0.12, ("Infiltration 11% · under", "operating point 12%")),
])
def test_a_score_and_its_operating_point_never_read_the_same_where_they_differ(
    probability: float, point: float, said: tuple[str, str]
) -> None:
    score = Score("Infiltration", 0.1, probability, point, (point, point))
    assert (score_line(score), score.held_against) == said


def test_a_score_at_its_operating_point_needs_no_decimals() -> None:
    assert score_line(Score("Mass", 0.1, 0.12, 0.12, (0.1, 0.14))) == "Mass 12% · not sure"
    assert score_line(Score("Mass", 0.1, 0.12, None, None)) == "Mass 12%"
