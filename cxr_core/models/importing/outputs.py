"""Which output of a foreign network means which finding: by name, and never guessed in silence."""

from __future__ import annotations

import re
from pathlib import Path

from cxr_core.errors import WeightsRefused
from cxr_core.models.registry import ARCHITECTURES
from cxr_core.models.spec import ModelSpec

CHEXNET_ORDER = (  # of the table in the paper and of the public Keras and PyTorch versions (arXiv:1711.05225)
    "Atelectasis", "Cardiomegaly", "Effusion", "Infiltration", "Mass", "Nodule", "Pneumonia", "Pneumothorax",
    "Consolidation", "Edema", "Emphysema", "Fibrosis", "Pleural_Thickening", "Hernia",
)
_ALSO = {
    "infiltrate": "Infiltration", "pleuraleffusion": "Effusion", "nofindings": "No Finding", "covid": "COVID-19",
    "pnemonia": "Pneumonia",  # as CoronaHack's own table has it
}
_MAX_BYTES = 100_000


def usual_order(architecture: str) -> tuple[str, ...]:
    """The order that networks of this architecture usually have: to be offered, not to be taken for granted."""
    spec = ARCHITECTURES[architecture]
    return CHEXNET_ORDER if spec.network == "densenet121" else spec.findings


def read_labels(path: Path) -> str:
    """The text of a file of names, a line or a comma between two.

    Raises
    ------
    WeightsRefused
        When it cannot be read.
    """
    if path.exists() and not path.is_file():
        raise WeightsRefused(f"{path.name} is no file. Name one that has the outputs' names, a line each.")
    try:
        with path.open(encoding="utf-8") as handle:
            return ",".join(handle.read(_MAX_BYTES).split("\n"))
    except (OSError, ValueError) as problem:
        raise WeightsRefused(f"{path.name} cannot be read as a list of names ({type(problem).__name__}).") from None


def parse_outputs(text: str) -> tuple[str, ...]:
    """Names with commas between them as findings in our spelling.

    Case, spaces, hyphens and underscores do not count: "pleural thickening" is Pleural_Thickening.

    Raises
    ------
    WeightsRefused
        When a name is unknown or stands there twice.
    """
    known = {_plain(key): key for spec in ARCHITECTURES.values() for key in spec.findings} | _ALSO
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if _plain(name) not in known]
    if unknown:
        raise WeightsRefused(
            f"There is no finding {unknown[0][:60]!r}. Name each output as one of: "
            f"{', '.join(sorted(set(known.values())))}."
        )
    findings = tuple(known[_plain(name)] for name in names)
    twice = sorted({key for key in findings if findings.count(key) > 1})
    if twice:
        raise WeightsRefused(f"{twice[0]} stands twice among the outputs. Name each output once, in the file's order.")
    return findings


def in_our_order(findings: tuple[str, ...], spec: ModelSpec) -> tuple[str, ...]:
    """The findings in the order our models have them in: that of `spec` where it has the same, else NIH's first."""
    if set(findings) == set(spec.findings):
        return spec.findings
    order = list(dict.fromkeys(key for one in ARCHITECTURES.values() for key in one.findings))
    return tuple(sorted(findings, key=order.index))


def check_classes(spec: ModelSpec, outputs: tuple[str, ...]) -> None:
    """WeightsRefused where a film has exactly one of the outputs, and these are not the classes that are known here."""
    if spec.exclusive and set(outputs) != set(spec.findings):
        raise WeightsRefused(
            f"{spec.id} tells apart {', '.join(spec.findings)}, of which a film has exactly one; the file's outputs "
            f"are {', '.join(outputs)}. Name these classes, in the file's order, or another architecture."
        )


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).lower()
