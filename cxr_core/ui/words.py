"""What the Read page says of a reading, as HTML."""

from __future__ import annotations

from html import escape
from math import isnan

from cxr_core.explain.heatmap import not_drawn
from cxr_core.findings import title_of
from cxr_core.imaging.age import age_in_words
from cxr_core.imaging.prepare import network_view
from cxr_core.models.card import Card
from cxr_core.reading import GOOD_GAP, Explanation, Reading
from cxr_core.ui.pictures import inline_picture

_LARGE = 0.12
TERMS = """<p class="terms">Frontal films of adults; the COVID-19 models learned Normal and Pneumonia from children.
Research use only: not a medical device, not to rule out disease.</p>"""


def chips(reading: Reading, *, phantom: bool) -> str:
    """The banner: what the file says of the film, and in a word each what the gate found."""
    film = reading.radiograph
    age = None if film.age is None else age_in_words(film.age)
    known = ["phantom, no patient" if phantom else None, film.format, film.view, age, film.sex, film.date,
             f"{film.width} × {film.height}, {film.bits} bit"]
    kind = "refused" if reading.gate.status == "refused" else "warned"
    found = [(reason.code.replace("_", " "), reason.text) for reason in reading.gate.reasons]
    if reading.scored_anyway:
        found.insert(0, ("refused, scored anyway", "The gate refused this film; it was scored on request."))
    return ('<div class="chips">' + "".join(f"<span>{escape(one)}</span>" for one in known if one)
            + "".join(f'<span class="{kind}" title="{escape(text)}">{escape(word)}</span>' for word, text in found)
            + "</div>")


def seen(reading: Reading) -> str:
    """The pixels that the network was given."""
    spec = reading.spec
    picture = inline_picture(network_view(reading.batch, spec), "What the network saw")
    caption = f"{spec.size} × {spec.size} pixels, exactly these"
    return f'<figure class="seen">{picture}<figcaption>{caption}</figcaption></figure>'


def care(reading: Reading) -> str:
    """What the gate found, in full."""
    return "".join(warning(reason.text) for reason in reading.gate.reasons)


def warning(text: str) -> str:
    """Something to be read with care."""
    return f'<p class="care">{escape(text)}</p>'


def refusal(reading: Reading) -> str:
    """Why a film has no scores."""
    reasons = "".join(f"<li>{escape(reason.text)}</li>" for reason in reading.gate.reasons)
    return f'<div class="refusal" role="alert"><b>This film was not scored</b><ul>{reasons}</ul></div>'


def about(error: float) -> str:
    """A map's error as its path tells it, which tells too little of a large one (`explain.path`)."""
    return f"{'over' if error >= _LARGE else 'about'} {error:.0%}"


def two_places(value: float) -> str:
    """An AUC as it is written: .71."""
    return f"{value:.2f}".lstrip("0")


def gap_in_words(gap: float) -> str:
    """A completeness gap; of one beyond the score's whole change the size says nothing more."""
    if isnan(gap):
        return "not known"
    return f"{gap:.1%}" if gap <= 1 else "over 100%"


def why(finding: str, explanation: Explanation | None, done: bool) -> str:
    """What the map is worth: its receipt in words."""
    title = escape(title_of(finding))
    if explanation is None:
        return f"<p><b>Why {title}?</b> The first map is being made …</p>"
    receipt, gap = explanation.receipt, explanation.receipt.gap[0]
    kind = "good" if gap < GOOD_GAP else "poor"
    error = "".join(f", error of the map {about(one)}" for one in receipt.error)
    boxes = "" if explanation.boxes else " No box: the finding is not called on this film, or the map is spread out."
    rest = not_drawn(explanation.attribution.values[0])  # of the one finding that the page asks for
    drawn = f" {rest}" if rest else ""
    held = f" The map is of the film alone: {', '.join(receipt.held)} were held fixed." if receipt.held else ""
    return (
        f"<p><b>Why {title}?</b> {receipt.method} of the logit, {receipt.baseline} baseline, {receipt.steps} steps in "
        f'{receipt.seconds:.1f} s on {receipt.device}. Completeness gap <span class="{kind}">{gap_in_words(gap)}</span>'
        f"{error}{'.' if done else ', being refined …'}{drawn}{held}{boxes if done else ''}</p>"
    )


def foot(reading: Reading, card: Card) -> str:
    """What made the scores, and what they are not."""
    made = reading.prediction
    worth = "AUC on CoronaHack's own test" if card.classes else "AUC on part of the official NIH test list"
    worth += ", earlier findings not told" if reading.clinical and reading.clinical.history is None else ""
    worth = worth if card.subsets else "what it is worth is not known"
    worth += "" if card.is_calibrated else " · not calibrated"
    return (f'<p class="foot">{escape(made.model_id)} · sha256 {made.digest[:8]} · {made.device} · {worth} · '
            "research use only, not a medical device, not to rule out disease</p>")
