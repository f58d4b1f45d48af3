"""A selection in words: as an address has it, as it is kept under a name, and what of it a data set cannot be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cxr_core.datasets.counts import FINDINGS_AND_NONE, Selection
from cxr_core.datasets.nih_table import OLDEST
from cxr_core.datasets.summary import BAND, MANY, Summary
from cxr_core.findings import title_of

_LISTS, _SPANS, _SINGLE = ("any_of", "all_of", "none_of"), ("age", "follow_up"), ("sex", "view", "split", "boxed")
_BOXED = {"yes": True, "no": False}
_DIGITS = 4  # of a number: what is longer is no age and no follow-up
_PICKED = 7  # of a number of films
_TOLD, _LETTERS = 4, 40  # of what is left out: how many, and how long each


@dataclass(frozen=True)
class Askable:
    """What a data set can be asked for; without arguments NIH's."""

    findings: tuple[str, ...] = FINDINGS_AND_NONE
    sexes: tuple[str, ...] = ("F", "M")
    views: tuple[str, ...] = ("AP", "PA")
    parts: tuple[str, ...] = ("train_val", "test")
    boxes: bool = True

    @classmethod
    def of(cls, summary: Summary) -> Askable:
        known = (values_of(summary, column) for column in ("sex", "view", "split"))
        return cls(summary.names, *known, bool(summary.cube["boxed"].any()))


def values_of(summary: Summary, column: str) -> tuple[str, ...]:
    """The values of a column of a cube that are known, parts in the order they are used in."""
    order = ("train_val", "train", "val", "test")
    values = {str(value) for value in summary.cube[column].unique() if value}
    return tuple(sorted(values, key=lambda value: (order.index(value) if value in order else len(order), value)))


def to_address(chosen: Selection) -> dict[str, str]:
    """What of a selection asks something, as words for an address."""
    words = {name: ",".join(getattr(chosen, name)) for name in _LISTS}
    words |= {name: "-".join(map(str, getattr(chosen, name) or ())) for name in _SPANS}
    words |= {name: getattr(chosen, name) for name in ("sex", "view", "split")}
    words["boxed"] = boxed_word(chosen.boxed)
    return {name: value for name, value in words.items() if value}


def to_link(chosen: Selection) -> dict[str, str]:
    """A selection as words for an address that others may open: how many films were picked, for it cannot say which."""
    return to_address(chosen) | ({"picked": str(len(chosen.picked))} if chosen.picked is not None else {})


def from_address(words: Mapping[str, str], there: Askable = Askable()) -> Selection:  # noqa: B008 - it is frozen
    """The selection that words ask for of a data set; what it has not is left out, and an age is of whole bands."""
    def findings(name: str) -> tuple[str, ...]:
        return tuple(one for one in dict.fromkeys(words.get(name, "").split(",")) if one in there.findings)

    def span(name: str, most: int, step: int = 1) -> tuple[int, int] | None:
        low, _, high = words.get(name, "").partition("-")
        if not all(one.isdecimal() and len(one) <= _DIGITS for one in (low, high)) or not int(low) <= int(high) <= most:
            return None
        return int(low) // step * step, -(-int(high) // step) * step

    def one_of(name: str, values: Sequence[str]) -> str:
        return words.get(name, "") if words.get(name, "") in values else ""

    return Selection(
        findings("any_of"), findings("all_of"), findings("none_of"), span("age", OLDEST, BAND),
        one_of("sex", there.sexes), one_of("view", there.views), span("follow_up", MANY),
        one_of("split", there.parts), _BOXED.get(words.get("boxed", "")) if there.boxes else None,
    )


def left_out(words: Mapping[str, str], asked: Selection) -> tuple[str, ...]:
    """What words ask for and a selection that was made of them does not, for a reader: a few, each of a few letters."""
    told = to_address(asked)
    lost = [title_of(one) for name in _LISTS for one in dict.fromkeys(words.get(name, "").split(","))
            if one and one not in told.get(name, "").split(",")]
    lost += [f"{name.replace('_', '-')} {words[name]}" for name in (*_SPANS, *_SINGLE)
             if words.get(name) and name not in told]
    short = [one if len(one) <= _LETTERS else f"{one[:_LETTERS - 1]}…" for one in dict.fromkeys(lost)]
    if (number := words.get("picked", "")[:_PICKED]).isdecimal() and asked.picked is None:
        short.insert(0, f"{int(number):,} picked films, which no address can hold")
    return tuple(short[:_TOLD]) + ((f"{len(short) - _TOLD} more",) if len(short) > _TOLD else ())


def boxed_word(boxed: bool | None) -> str:
    """yes, no, or nothing where it is not asked."""
    return next((word for word, is_so in _BOXED.items() if is_so == boxed), "")
