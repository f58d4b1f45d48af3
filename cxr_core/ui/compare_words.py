"""What the Compare page says of a cell."""

from __future__ import annotations

from collections.abc import Mapping

from cxr_core.comparing.bundle import PHANTOM
from cxr_core.comparing.cells import BASELINE, CellMap
from cxr_core.comparing.work import Made
from cxr_core.findings import title_of
from cxr_core.imaging.gate import GateReport
from cxr_core.models.card import Card, Figure
from cxr_core.models.clinical import TEST, ClinicalInputs
from cxr_core.models.prediction import Score
from cxr_core.reading import GOOD_GAP
from cxr_core.ui.viewer.grid import Status
from cxr_core.ui.words import about, gap_in_words, two_places

_CALLS = {"present": "above", "unsure": "not sure", "absent": "under"}


def score_line(score: Score) -> str:
    """A probability, and on which side it lies of what it is held against; short, so that it stays in one line."""
    call = _CALLS.get(score.call)
    return f"{title_of(score.finding)} {score.percent}" + (f" · {call}" if call else "")


def worth_line(score: Score, card: Card | None, clinical: ClinicalInputs | None = None) -> tuple[str, bool]:
    """What the model's scores of this finding are worth: its AUC with its interval, as the Read page has it, and on
    what test, as models side by side were not judged by the same films; and whether it is poor, not told from chance. A
    clinical model's hangs on what it was told of earlier films."""
    figure = figure_of(score, card, clinical)
    if card is None or figure is None:
        return "AUC not measured", True
    is_poor = figure.low <= 0.5
    told = f"AUC {two_places(figure.auc)} ({two_places(figure.low)}–{two_places(figure.high)}) on {test_of(card)}"
    return told + (", chance" if is_poor else ""), is_poor


def figure_of(score: Score, card: Card | None, clinical: ClinicalInputs | None = None) -> Figure | None:
    """The card's AUC of a finding on test films of which as much was known; None where it was not measured."""
    films = clinical.judged_on if clinical else TEST
    findings = () if card is None else card.findings
    return next((one.figures.get(films) for one in findings if one.key == score.finding), None)


def test_of(card: Card) -> str:
    """Whose test films the figures of a card are of."""
    return "CoronaHack's test" if card.classes else "NIH's test"


def care(reports: Mapping[str, GateReport], cards: Mapping[str, Card], *, phantom: bool, anyway: bool) -> list[str]:
    """What is to be read with care, a line each: what the gate found of the film, and the shortcuts of models.

    Both are by the model's title. Why a film is not scored stands in its cells.
    """
    lines = [PHANTOM] if phantom else []
    for text in dict.fromkeys(
        reason.text for report in reports.values() for reason in report.reasons if anyway or not reason.refuses
    ):
        for_whom = [title for title, report in reports.items() if any(one.text == text for one in report.reasons)]
        lines.append(text if len(for_whom) == len(reports) else f"{', '.join(for_whom)}: {text}")
    refused = [title for title, report in reports.items() if report.status == "refused"]
    if anyway and refused:
        whose = "" if len(refused) == len(reports) else f" for {', '.join(refused)}"
        lines.insert(0, f"The gate refused this film{whose}; it is scored on request all the same.")
    return lines + [f"{title}: {card.classes.audit.in_words}" for title, card in cards.items() if card.classes]


def receipt_line(made: CellMap) -> str:
    """How a map was made, in a line: steps and seconds."""
    receipt = made.receipt
    parts = [
        f"{receipt.baseline} baseline" if receipt.baseline not in ("", BASELINE) else "",
        "" if made.heatmap.any() else "nothing speaks for it: the map is empty",
        f"{receipt.steps} steps{', shared with another map' if receipt.shared else ''}" if receipt.steps > 1 else "",
        *(f"error {about(one)}" for one in receipt.error),
        f"{receipt.seconds:.1f} s on {receipt.device}",
        f"{', '.join(receipt.held)} held fixed" if receipt.held else "",
    ]
    return " · ".join(part for part in parts if part)


def gap_line(made: CellMap) -> tuple[str, bool]:
    """The completeness gap of a method that has one, and whether it is poor."""
    return next(((f"gap {gap_in_words(gap)}", bool(gap >= GOOD_GAP)) for gap in made.receipt.gap), ("", False))


def making(said: str, share: float | None, *, stopped: bool, checks: bool) -> str:
    """The line above the grid: how many maps there are, and how far the others, or the `checks`, have come (0 to 1)."""
    doing = "a map is being checked" if checks else "the first are coarse, and are refined in sight"
    after = " · stopped" if stopped else f" · {doing}" if share is not None else ""
    bar = "" if share is None else f'<progress value="{share:.3f}" max="1" aria-label="Maps being made"></progress>'
    return f'<p class="told" role="status">{bar}{said}{after}</p>'


def status_of(made: Made, *, stopped: bool) -> Status:
    """Where a cell stands; `stopped` says that the reader has cancelled what is not done."""
    if made.problem:
        return "failed"
    if made.done:
        return "done"
    return "stopped" if stopped else "making" if made.best is not None or made.share else "waiting"


def note(made: Made, status: Status) -> str:
    """What lies over the film, where there is something to say."""
    if status in ("failed", "done"):
        return made.problem
    if status == "stopped":
        return "stopped" if made.best is None else "stopped before the last steps"
    if status == "waiting":
        return "waiting …"
    return f"{'drawing' if made.best is None else 'refining'} … {made.share:.0%}"
