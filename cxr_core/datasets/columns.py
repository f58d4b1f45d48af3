"""What the columns of somebody's table mean, by their names: films, patients, findings, scores and labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from cxr_core.findings import COVID3, FINDINGS

KNOWN = tuple(dict.fromkeys((*FINDINGS, *COVID3)))  # the findings that a column may name, in order
SCORE_WORDS = (
    "prob",
    "probs",
    "proba",
    "probability",
    "score",
    "scores",
    "sigmoid",
    "pred",
    "preds",
    "predicted",
    "prediction",
    "predictions",
    "output",
    "p",
    "pr",
    "yhat",
    "calibrated",
    "confidence",
    "conf",
    "risk",
    "out",
    "logit",
    "logits",
    "mean",
)
LABEL_WORDS = ("label", "labels", "true", "truth", "target", "targets", "gt", "actual", "reference")
_FILLERS = ("y", "ground", "is", "hat", "of")
_IMAGE = (
    "imageindex",
    "image",
    "imageid",
    "imagename",
    "imagefile",
    "imagepath",
    "img",
    "imgname",
    "imgpath",
    "filename",
    "file",
    "path",
    "filepath",
    "filepaths",
    "xrayimagename",
    "sopinstanceuid",
    "dicomid",
    "name",
    "id",
)
_ABOUT = {
    "patient": ("patientid", "patient", "subjectid", "subject"),
    "age": ("patientage", "age"),
    "sex": ("patientgender", "patientsex", "sex", "gender"),
    "view": ("viewposition", "view", "projection"),
    "split": ("split", "part", "subset", "fold"),
    "slice": ("slice",),
    "source_width": ("sourcewidth",),
    "follow_up": ("followup", "followupnumber"),
    "labels": ("findinglabels", "findinglabel", "labels", "label", "findings", "finding"),
    "path": ("path", "filepath", "imagepath"),
    "boxes": ("boxes",),
}
_OF_NIH = {  # columns of sizes in NIH's label file, whose header splits each of two names at a comma
    "originalimagewidth": ("height", "originalimageheight"),
    "originalimagepixelspacingx": ("y", "originalimagepixelspacingy"),
}
_ALIASES = {
    "infiltrate": "Infiltration",
    "infiltrates": "Infiltration",
    "pleuraleffusion": "Effusion",
    "nofindings": "No Finding",
    "pleuralthickness": "Pleural_Thickening",
}
_FINDING_OF = {re.sub(r"[^a-z0-9]", "", key.lower()): key for key in KNOWN} | _ALIASES

Role = Literal["score", "label", "plain"]


@dataclass(frozen=True)
class Columns:
    """The columns of a table by what they mean; a column's own name is the value.

    `scores` and `labels` are marked as such (`prob_Mass`, `Mass_true`), `plain` bear a finding's bare name and may be
    either. `unknown` are marked as scores of something that is no finding. `others` mean nothing here; the sizes that
    NIH's label file brings along are not among them. `images` are all that may name the film, `image` first.
    """

    image: str | None
    about: Mapping[str, str]
    scores: Mapping[str, str]
    labels: Mapping[str, str]
    plain: Mapping[str, str]
    unknown: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    remarks: tuple[str, ...] = field(default=())
    images: tuple[str, ...] = ()


def finding_named(text: str) -> str | None:
    """The finding that a text names, whatever its case, spaces, hyphens and underscores; None where it names none."""
    return _FINDING_OF.get(re.sub(r"[^a-z0-9]", "", text.lower()))


def recognise(names: Sequence[str]) -> Columns:
    """Tell what each of these columns is."""
    plainly = {name: re.sub(r"[^a-z0-9]", "", name.lower()) for name in names}
    images = tuple(name for wanted in _IMAGE for name in names if plainly[name] == wanted)
    image = images[0] if images else None
    about = {}
    for meaning, spellings in _ABOUT.items():
        found = next((name for wanted in spellings for name in names if plainly[name] == wanted), None)
        if found is not None:
            about[meaning] = found
    sizes = {
        name for first, seconds in _OF_NIH.items() if first in plainly.values()
        for name in names if plainly[name] in (first, *seconds)
    }
    found_as: dict[Role, dict[str, str]] = {"score": {}, "label": {}, "plain": {}}
    rank: dict[str, int] = {}
    unknown, others, remarks = [], [], []
    for name in names:
        if name in images or name in about.values() or name in sizes:
            continue
        role, finding, order = _read(name)
        if finding is None:
            (unknown if role == "score" else others).append(name)
            continue
        kept = found_as[role].get(finding)
        if kept is not None:  # prob_Mass beside pred_Mass: the plainer word for a probability counts
            better = order < rank[kept]
            remarks.append(f"{finding} has the columns {kept!r} and {name!r}; {name if better else kept!r} is used.")
            if not better:
                continue
        found_as[role][finding], rank[name] = name, order
    return Columns(
        image,
        about,
        found_as["score"],
        found_as["label"],
        found_as["plain"],
        tuple(unknown),
        tuple(others),
        tuple(remarks),
        images,
    )


def affixed(names: Sequence[str]) -> list[dict[str, str]]:
    """Columns that name a finding each, and beside it the same words that are no marks here, as densenet_Mass.

    One mapping from finding to column for each of these words, where they stand beside several findings, each once. A
    name with a word for labels is none of them.
    """
    groups: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for name in names:
        words = _words(name)
        cuts = range(1, len(words))
        spans = [*((cut, len(words)) for cut in cuts), *((0, cut) for cut in reversed(cuts))]  # the longest first
        told = [(span, key) for span in spans if (key := finding_named("".join(words[slice(*span)]))) is not None]
        if len({key for _, key in told}) == 1 and not set(words) & set(LABEL_WORDS):
            (start, end), finding = told[0]
            groups.setdefault((*words[:start], "", *words[end:]), []).append((finding, name))
    return [dict(pairs) for pairs in groups.values() if 1 < len(pairs) == len(dict(pairs))]


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def _read(name: str) -> tuple[Role, str | None, int]:
    """A column's role, its finding if it names one, and the rank of the word that marks it (smaller counts more)."""
    words = _words(name)
    marks = set(SCORE_WORDS) | set(LABEL_WORDS) | set(_FILLERS)
    start, end = 0, len(words)
    while start < end and words[start] in marks:
        start += 1
    while end > start and words[end - 1] in marks:
        end -= 1
    marked = [*words[:start], *words[end:]]
    as_score = [SCORE_WORDS.index(word) for word in marked if word in SCORE_WORDS]
    as_label = [word for word in marked if word in LABEL_WORDS]
    finding = finding_named("".join(words[start:end]))
    if start == end:  # nothing but marks: a column of its own, and of no finding
        return "plain", None, 0
    if as_score and as_label:  # a predicted label is neither
        return "plain", None, 0
    if as_score:
        return "score", finding, min(as_score)
    return ("label" if as_label else "plain"), finding, 0
