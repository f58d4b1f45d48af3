"""What the checks of a map say, in words: a reader must not need the numbers to be warned by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cxr_core.comparing.trust import BETTER, SAMPLES, Trust
from cxr_core.explain.faithfulness import STEADY, Curve
from cxr_core.explain.heatmap import not_drawn
from cxr_core.reading import GOOD_GAP

Kind = Literal["for", "against", "open"]
POOR_GAP = 0.1
CHANGED = 0.3  # a rank correlation with the map of a random network: under it the map has changed
LEAST_REACH = 1e-3  # of a logit: less is rounding
Beside = Literal["better", "same", "worse"]
_WITHOUT = {"better": "falls lower than", "same": "cannot be told from that", "worse": "stays higher than"}
_ALONE = {"better": "rises higher than", "same": "cannot be told from that", "worse": "stays lower than"}


@dataclass(frozen=True)
class Said:
    """One check: its name, whether it speaks for or against the map or leaves it open, the sentence and the numbers.

    `in_part` says of one that speaks against the map that it speaks for it too.
    """

    name: str
    kind: Kind
    text: str
    numbers: str
    in_part: bool = False


def verdict(trust: Trust) -> tuple[Said, ...]:
    """What each check that is done says."""
    made = (_gap(trust), _faithful(trust), _randomised(trust), _stable(trust), _lungs(trust))
    return tuple(said for said in made if said is not None)


def headline(said: Sequence[Said]) -> str:
    """All of them in a sentence, those that are left open too."""
    against = [one.name.lower() + " in part" * one.in_part for one in said if one.kind == "against"]
    left = sum(one.kind == "open" for one in said)
    if not said:
        return "Nothing could be checked."
    if left == len(said):
        return "No check tells for or against this map."
    rest = f"; {left} {'leaves' if left == 1 else 'leave'} it open." if left else "."
    if not against:
        return f"None of the {len(said)} checks speaks against this map, which does not make it true{rest}"
    speak = "speaks" if len(against) == 1 else "speak"
    return f"{len(against)} of the {len(said)} checks {speak} against this map: {', '.join(against)}{rest}"


def mean_output(curves: Sequence[Curve]) -> float:
    """The mean output along curves. Unlike their areas it can be compared on a film that scores below an empty one."""
    return float(np.mean([curve.values.mean() for curve in curves])) if curves else float("nan")


def mean_area(curves: Sequence[Curve]) -> float:
    """The mean area of curves; NaN where one has none."""
    return float(np.mean([curve.area for curve in curves])) if curves else float("nan")


def areas_in_words(trust: Trust) -> str:
    """The areas under both curves beside those of a map that knows nothing; empty before both are made."""
    if trust.deletion is None or trust.insertion is None:
        return ""
    out, into = trust.deletion.area, trust.insertion.area
    whole, empty = trust.deletion.values[0], trust.deletion.values[-1]
    if whole - empty <= BETTER * _reach(trust):
        return ("The areas under the curves mean nothing here: the whole film scores hardly higher than an empty one, "
                "or lower.")
    return (f"Area, from an empty film's score (0) to the whole film's (1): taken out {out:.2f} "
            f"(random {mean_area(trust.deletion_controls):.2f}), put in {into:.2f} "
            f"(random {mean_area(trust.insertion_controls):.2f}).")


def _gap(trust: Trust) -> Said | None:
    if not trust.cell.receipt.gap:
        return None
    gap = trust.cell.receipt.gap[0]
    numbers = f"gap {gap:.1%} after {trust.cell.receipt.steps} steps" + "".join(
        f" (gradient at the film alone {one:.0%})" for one in trust.gap_at_film)
    if not np.isfinite(gap):
        return Said("Completeness", "open", "What the map accounts for cannot be told.", numbers)
    kind: Kind = "for" if gap < GOOD_GAP else "open" if gap < POOR_GAP else "against"
    rest = not_drawn(trust.cell.values)
    if trust.cell.method == "guided_ig":
        return _guided_gap(kind, rest, numbers)
    whose = "The map's signed values account for" if rest else "The map accounts for"
    more = " It can be more than all of it where the score hardly differs from an empty film's." if gap > 1 else ""
    text = {
        "for": f"{whose} the whole change of the score.",
        "open": f"{whose} nearly all of the change of the score.",
        "against": f"A good part of the score's change is not in the map.{more}",
    }[kind]
    return Said("Completeness", kind, f"{text} {rest}".rstrip(), numbers)


def _guided_gap(kind: Kind, rest: str, numbers: str) -> Said:
    """The gap of Guided Integrated Gradients, which no number of steps closes.

    A pixel is moved for its small slope, by up to 4% of its way at once however short the steps are, and counts with
    the slope that it had before. On each of four films the gap of 200 steps was larger than that of 32 (ResNet18: 1.2
    to 9.2 of the change, and .2 to 7.7), and the method's own authors' code has the same. A small gap is no merit here.
    """
    if kind == "against":
        text = ("The map does not account for the score's change. This method's path does not, with any number of "
                "steps: its values rank the places, and are no shares of the score.")
    else:
        kind = "open"
        text = ("The map accounts for nearly all of the score's change, but by chance: this method's path does not "
                "promise it, with any number of steps.")
    return Said("Completeness", kind, f"{text} {rest}".rstrip(), numbers)


def _faithful(trust: Trust) -> Said | None:
    """Deletion and insertion, each beside maps that know nothing: better, no different, or worse.

    Different is what lies beyond every one of them, and beyond their mean by more than BETTER of the reach: on some
    films three random maps differ by as much among themselves.

    The two ask different things: whether the score needs the named places, and whether these alone are enough for it. A
    map that does worse than a random one at either has failed that one, whatever it does at the other: this speaks
    against it, "in part" where the other is better. No better at one alone is left open; at both, the map knows no more
    than a random one. A film with holes is like none that the network was trained on (Hooker et al. 2019,
    arXiv:1806.10758). So are the random maps' films: it is not the curve that tells, but the two beside each other.
    """
    if trust.deletion is None or trust.insertion is None:
        return None
    out, into = mean_output([trust.deletion]), mean_output([trust.insertion])
    out_random, into_random = mean_output(trust.deletion_controls), mean_output(trust.insertion_controls)
    reach = _reach(trust)
    if reach < LEAST_REACH:
        text = "The score hardly moves, whatever is taken out of the film or put in: there is nothing to explain."
        return Said("Faithfulness", "open", text, f"the logit moves by {reach:.2g}")
    numbers = (f"mean logit {out:.2f} as it is taken out (random {out_random:.2f}, lower is better), "
               f"{into:.2f} as it is put in (random {into_random:.2f}, higher is better)")
    without = _beside([mean_output([one]) - out for one in trust.deletion_controls], BETTER * reach)
    alone = _beside([into - mean_output([one]) for one in trust.insertion_controls], BETTER * reach)
    found = (f"with the named places taken out the score {_WITHOUT[without]} with as many random ones; with them alone "
             f"it {_ALONE[alone]} with as many random ones.")
    either = {without, alone}
    if either == {"better", "worse"}:
        return Said("Faithfulness", "against", f"The map passes one half of this check and fails the other: {found}",
                    numbers, in_part=True)
    if "worse" in either:
        return Said("Faithfulness", "against", f"The map does worse than a random one: {found}", numbers)
    if "better" not in either:
        text = ("The map cannot be told from a random one, neither with the named places taken out of the film nor "
                "with them alone.")
        return Said("Faithfulness", "against", text, numbers)
    kind, part = ("for", "") if either == {"better"} else ("open", " in part")
    return Said("Faithfulness", kind, f"The score hangs{part} on the places that the map names: {found}", numbers)


def _beside(gains: Sequence[float], margin: float) -> Beside:
    """What a map's gains over each of those that know nothing tell."""
    gain = float(np.mean(gains))
    if min(gains) > 0 and gain > margin:
        return "better"
    return "worse" if max(gains) < 0 and gain < -margin else "same"


def _reach(trust: Trust) -> float:
    """All that the output moves along the curves, the controls' too."""
    curves = (trust.deletion, trust.insertion, *trust.deletion_controls, *trust.insertion_controls)
    return float(np.ptp([curve.values for curve in curves]))


def _randomised(trust: Trust) -> Said | None:
    found = trust.randomisation
    if found is None or not trust.is_last:
        return None
    name, steps = "Randomised weights", ", ".join("flat" if np.isnan(one) else f"{one:.2f}" for one in found.likeness)
    numbers = f"likeness {steps}, from the last layer shuffled to all (a random map {trust.alike:.2f})" + _drawn(trust)
    if not np.isfinite(found.likeness[-1:]).any():  # the wholly random network's, on which it is judged
        text = ("With all weights shuffled the map is empty, or it was so before: whether it shows what the network "
                "learned cannot be told.")
        return Said(name, "open", text, numbers)
    if found.is_blind:
        text = ("The map stays nearly the same when the network's weights are shuffled: it does not show what the "
                "network learned."
                if found.likeness[-1] >= STEADY else
                "The map keeps much of its form when the network's weights are shuffled: a good deal of it is the "
                "film's own, whatever the network learned.")
        return Said(name, "against", text, numbers)
    if found.likeness[-1] > CHANGED:
        text = ("The map changes in part when the network's weights are shuffled: some of it is the film's own, "
                "whatever the network learned.")
        return Said(name, "open", text, numbers)
    text = ("The map changes when the network's weights are shuffled, as it must if it is to show what the network "
            "learned.")
    return Said(name, "for", text, numbers)


def _stable(trust: Trust) -> Said | None:
    found = trust.stability
    if found is None:
        return None
    shifted, noisy = found.shifted, found.noisy
    numbers = (f"likeness {found.across:.2f} after 1 px across, {found.down:.2f} down, {noisy:.2f} with 1% noise "
               f"(a random map {trust.alike:.2f}){_drawn(trust)}")
    if not np.isfinite([shifted, noisy]).all():
        return Said("Stability", "open", "The map is empty, or becomes so: its stability cannot be told.", numbers)
    if found.jumps:
        text = ("The map jumps when the film is shifted by a pixel of the network or given a little noise, which no "
                "reader would see.")
        return Said("Stability", "against", text, numbers)
    if not found.stays:
        text = ("The map moves in part when the film is shifted by a pixel of the network or given a little noise, "
                "which no reader would see: its brightest places may lie elsewhere each time.")
        return Said("Stability", "open", text, numbers)
    text = "The map stays largely where it is when the film is shifted by a pixel or given a little noise."
    return Said("Stability", "for", text, numbers)


def _lungs(trust: Trust) -> Said | None:
    name, found = "Inside the chest", trust.lungs
    if not trust.lungs_found:
        text = "The lungs were not found on this film, so that nothing can be said of shortcuts."
        return Said(name, "open", text, "")
    if found is None or not np.isfinite(found.share):
        return None
    numbers = (f"{found.share:.0%} inside (a random map {found.control:.0%}; "
               f"the region is {found.area:.0%} of the film)")
    if found.is_outside:
        text = ("The map lies outside the region of the lungs more than a random one: a hint that the network looks at "
                "something else than the chest.")
        return Said(name, "against", text, numbers)
    if found.is_inside:
        return Said(name, "for", "The map lies in the region of the lungs more than a random one.", numbers)
    text = "The map lies in the region of the lungs about as much as a random one: nothing can be said of shortcuts."
    return Said(name, "open", text, numbers)


def _drawn(trust: Trust) -> str:
    """That the maps of a check are drawn with less than the map itself, where they are."""
    return f"; from {SAMPLES} noisy films each" if trust.cell.method.startswith("smooth_ig") else ""
