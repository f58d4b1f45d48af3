"""A comparison to keep: a report as JSON, every map as PNG over its film and as numbers, in one zip."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import numpy as np

from cxr_core.comparing.cells import CellMap
from cxr_core.comparing.trust import Trust
from cxr_core.comparing.verdict import headline, mean_area, mean_output, verdict
from cxr_core.findings import title_of
from cxr_core.geometry import Box
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.reading import NOTICE, caption
from cxr_core.render.overlay import add_caption, draw_overlay, encode_png


@dataclass(frozen=True)
class Packed:
    """A map to be packed, what the checks of it found, and which finding was `asked` for, where the map's is near."""

    cell: CellMap
    trust: Trust | None = None
    asked: str | None = None


def to_zip(film: Radiograph, maps: Mapping[str, Packed], drawn: Sequence[Box] = ()) -> bytes:
    """Pack maps and reports.

    Parameters
    ----------
    maps : mapping
        By a name for each, such as "resnet18-128-nih14 ig".
    drawn : sequence of Box
        What NIH's readers drew, in film pixels.

    Returns
    -------
    bytes
        A zip of report.json, maps/NAME.png and maps.npz: float32, the attribution by name, and the heat map by
        "NAME heatmap".
    """
    arrays: dict[str, np.ndarray] = {}
    with io.BytesIO() as content:
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("report.json", json.dumps(_report(film, maps), indent=2, allow_nan=False))
            display = film.display()
            for name, one in maps.items():
                cell, score = one.cell, one.cell.score
                arrays |= {name: cell.values.astype(np.float32), f"{name} heatmap": cell.heatmap.astype(np.float32)}
                picture = draw_overlay(display, cell.heatmap, cell.boxes, drawn=drawn)
                nearest = f" (nearest class to {title_of(one.asked)})" if one.asked else ""
                said = f"{name}: {title_of(score.finding)}{nearest} {score.percent}, {score.held_against}"
                lines = caption(said, scored_anyway=cell.scored_anyway, clinical=cell.clinical)
                packed.writestr(f"maps/{name}.png", encode_png(add_caption(picture, lines)))
            with io.BytesIO() as numbers:
                np.savez_compressed(numbers, **arrays)
                packed.writestr("maps.npz", numbers.getvalue())
        return content.getvalue()


def _report(film: Radiograph, maps: Mapping[str, Packed]) -> dict[str, Any]:
    return {
        "notice": NOTICE, "film_sha256": film.sha256, "maps": [_map(name, one) for name, one in maps.items()],
    }


def _map(name: str, one: Packed) -> dict[str, Any]:
    cell, score, receipt = one.cell, one.cell.score, one.cell.receipt
    return {
        "name": name, "model": cell.model_id, "digest": cell.digest, "finding": score.finding, "asked": one.asked,
        "method": cell.method, "probability": _number(score.probability),
        "operating_point": _number(score.operating_point), "operating_point_of": score.point_of, "call": score.call,
        "gate": cell.gate.status, "reasons": [reason.text for reason in cell.gate.reasons],
        "scored_anyway": cell.scored_anyway, "clinical": cell.clinical.to_object() if cell.clinical else None,
        "receipt": asdict(receipt) | {
            "gap": _numbers(receipt.gap), "error": _numbers(receipt.error), "seconds": _number(receipt.seconds)},
        "boxes": [{"x": _number(box.x), "y": _number(box.y), "w": _number(box.w), "h": _number(box.h),
                   "share": _number(box.share)} for box in cell.boxes],
        "trust": _trust(one.trust) if one.trust else None,
    }


def _trust(found: Trust) -> dict[str, Any]:
    said = verdict(found)
    curves = {
        name: None if curve is None else {
            "share": _numbers(curve.share), "logit": _numbers(curve.values),
            "area": _number(curve.area), "area_random": _number(mean_area(controls)),
            "mean_logit": _number(mean_output([curve])), "mean_logit_random": _number(mean_output(controls)),
        }
        for name, curve, controls in (("deletion", found.deletion, found.deletion_controls),
                                      ("insertion", found.insertion, found.insertion_controls))
    }
    randomised, steady = found.randomisation, found.stability
    return {
        "headline": headline(said), "checks": [asdict(one) for one in said], **curves,
        "gap_of_the_gradient_at_the_film": _numbers(found.gap_at_film),
        "likeness_of_a_random_map": _number(found.alike),
        "randomisation": None if randomised is None else {
            "layers": list(randomised.layers), "likeness": _numbers(randomised.likeness)},
        "stability": None if steady is None else {
            "shifted_1px_across": _number(steady.across), "shifted_1px_down": _number(steady.down),
            "noise_1_percent": _number(steady.noisy)},
        "inside_the_chest": None if found.lungs is None else {
            name: _number(value) for name, value in asdict(found.lungs).items()},
    }


def _number(value: float | None) -> float | None:
    """As JSON has it: what is not a number is null."""
    return float(value) if value is not None and isfinite(value) else None


def _numbers(values: Sequence[float] | np.ndarray) -> list[float | None]:
    return [_number(float(value)) for value in values]
