"""Which finding of each model answers the one that was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cxr_core.findings import NO_FINDING, title_of
from cxr_core.models.spec import ModelSpec

# Of models of exclusive classes, whose labels are wider or narrower than NIH's. Where nothing is near, the model is
# left out: a lung that is opaque is near to "Pneumonia", an enlarged heart to none of the classes.
NEAREST: dict[str, tuple[str, ...]] = {
    "Consolidation": ("Pneumonia",), "Infiltration": ("Pneumonia",), "COVID-19": ("Pneumonia",),
    NO_FINDING: ("Normal",), "Normal": (NO_FINDING,),
}


@dataclass(frozen=True)
class Column:
    """A model of the comparison, and which of its findings is explained; None is its own first, known once it scored.

    `asked` is what was asked for, where that is not the model's own word for it.
    """

    model_id: str
    finding: str | None
    asked: str | None = None

    @property
    def remark(self) -> str:
        """That another word stands for what was asked, in words; empty where none does."""
        return f"nearest class to {title_of(self.asked)}" if self.asked else ""


def nearest(spec: ModelSpec, finding: str) -> str | None:
    """The model's finding of that name, else its nearest class, else None."""
    near = (one for one in (finding, *NEAREST.get(finding, ())) if one in spec.findings)
    return next(near, None)


def make_columns(specs: Iterable[ModelSpec], finding: str | None) -> tuple[tuple[Column, ...], tuple[ModelSpec, ...]]:
    """The models that know a finding, each by its own word for it, and those that do not; None: each its own first."""
    columns, without = [], []
    for spec in specs:
        own = None if finding is None else nearest(spec, finding)
        if finding is not None and own is None:
            without.append(spec)
        else:
            columns.append(Column(spec.id, own, finding if own != finding else None))
    return tuple(columns), tuple(without)


def all_findings(specs: Iterable[ModelSpec]) -> tuple[str, ...]:
    """Everything that one of the models knows, in the order of the first that does."""
    return tuple(dict.fromkeys(finding for spec in specs for finding in spec.findings))
