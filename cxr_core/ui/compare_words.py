"""What the Compare page says of a cell."""

from __future__ import annotations

from cxr_core.comparing.cells import CellMap
from cxr_core.comparing.work import Made
from cxr_core.findings import title_of
from cxr_core.models.prediction import Score
from cxr_core.ui.viewer.grid import Status
from cxr_core.ui.words import GOOD_GAP, about, gap_in_words

_CALLS = {"present": "above", "unsure": "not sure", "absent": "under"}


def score_line(score: Score) -> str:
    """A probability, against what it is held against."""
    call = _CALLS.get(score.call)
    return f"{title_of(score.finding)} {score.probability:.0%} · {score.held_against}" + (f", {call}" if call else "")


def receipt_line(made: CellMap) -> str:
    """How a map was made, in a line: steps and seconds."""
    receipt = made.receipt
    parts = [
        "" if made.heatmap.any() else "nothing speaks for it: the map is empty",
        f"{receipt.steps} steps" if receipt.steps > 1 else "", *(f"error {about(one)}" for one in receipt.error),
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
