"""The vocabulary: findings in NIH's spelling, and the label sets in output order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One finding: `key` as NIH spells it (files, columns), `title` as a reader sees it."""

    key: str
    title: str


NO_FINDING = "No Finding"

NIH14: tuple[str, ...] = (
    "Atelectasis", "Cardiomegaly", "Consolidation", "Edema", "Effusion", "Emphysema", "Fibrosis",
    "Hernia", "Infiltration", "Mass", "Nodule", "Pleural_Thickening", "Pneumonia", "Pneumothorax",
)
NIH6: tuple[str, ...] = ("Atelectasis", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumothorax")  # Khan 2018
NIH15: tuple[str, ...] = (*NIH14, NO_FINDING)
COVID3: tuple[str, ...] = ("Normal", "Pneumonia", "COVID-19")  # exclusive classes (Ibisoglu, Akcay 2021)
CHILD_PNEUMONIA = "Child pneumonia"  # of children of 1 to 5 years: another picture than an adult's
PRETRAINING: tuple[str, ...] = (*NIH14, CHILD_PNEUMONIA, "COVID-19")  # what shared pretraining learns

FINDINGS: dict[str, Finding] = {key: Finding(key, key.replace("_", " ").capitalize()) for key in NIH15}


def title_of(key: str) -> str:
    """The reader's name of a finding; the key itself when it is not of NIH's vocabulary."""
    finding = FINDINGS.get(key)
    return finding.title if finding else key


def mean_over(findings: Sequence[str]) -> str:
    """What is to be said of a mean over these where one of them does not count: No Finding is no finding."""
    if NO_FINDING not in findings:
        return ""
    return f"mean of {len(findings) - 1}, without {NO_FINDING}"


def parse_labels(text: str) -> tuple[str, ...]:
    """Split NIH's `A|B` into finding keys; `No Finding` gives an empty tuple.

    NIH's box table says "Infiltrate" where its label table says "Infiltration".
    """
    names = (part.strip() for part in text.split("|"))
    renamed = ("Infiltration" if name == "Infiltrate" else name for name in names)
    return tuple(name for name in renamed if name and name != NO_FINDING)
