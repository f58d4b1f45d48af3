"""A comparison to keep: a report as JSON, every map as PNG over its film and as numbers, in one zip."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from typing import Any

import numpy as np

from cxr_core.comparing.cells import CellMap
from cxr_core.comparing.trust import Trust
from cxr_core.comparing.verdict import headline, mean_output, verdict
from cxr_core.findings import title_of
from cxr_core.geometry import Box
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.render.overlay import add_caption, draw_overlay, encode_png

NOTICE = "Research use only. Not a medical device."


def to_zip(
    film: Radiograph, cells: Mapping[str, CellMap], digests: Mapping[str, str], trust: Mapping[str, Trust],
    drawn: Sequence[Box] = (),
) -> bytes:
    """Pack maps and reports.

    Parameters
    ----------
    cells : mapping
        Maps by a name for each, such as "resnet18-128-nih14 ig".
    digests : mapping
        The sha256 of each one's weights, by the same names.
    trust : mapping
        The reports of those that were checked, by the same names.
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
            packed.writestr("report.json", json.dumps(_report(film, cells, digests, trust), indent=2, allow_nan=False))
            display = film.display()
            for name, cell in cells.items():
                arrays |= {name: cell.values.astype(np.float32), f"{name} heatmap": cell.heatmap.astype(np.float32)}
                picture = draw_overlay(display, cell.heatmap, cell.boxes, drawn=drawn)
                score = cell.score
                words = f"{name}: {title_of(score.finding)} {score.probability:.0%}, {score.held_against}"
                packed.writestr(f"maps/{name}.png", encode_png(add_caption(picture, [words, NOTICE])))
            with io.BytesIO() as numbers:
                np.savez_compressed(numbers, **arrays)
                packed.writestr("maps.npz", numbers.getvalue())
        return content.getvalue()


def _report(
    film: Radiograph, cells: Mapping[str, CellMap], digests: Mapping[str, str], trust: Mapping[str, Trust]
) -> dict[str, Any]:
    return {
        "notice": NOTICE, "film_sha256": film.sha256,
        "maps": [
            {
                "name": name, "digest": digests[name], "finding": cell.score.finding, "method": cell.method,
                "probability": _number(cell.score.probability), "operating_point": _number(cell.score.operating_point),
                "call": cell.score.call,
                "receipt": asdict(cell.receipt) | {"gap": _numbers(cell.receipt.gap)},
                "boxes": [{"x": box.x, "y": box.y, "w": box.w, "h": box.h, "share": box.share} for box in cell.boxes],
                "trust": _trust(trust[name]) if name in trust else None,
            }
            for name, cell in cells.items()
        ],
    }


def _trust(found: Trust) -> dict[str, Any]:
    said = verdict(found)
    curves = {
        name: None if curve is None else {
            "share": _numbers(curve.share), "logit": _numbers(curve.values), "area": _number(curve.area),
            "mean_logit": _number(mean_output([curve])), "mean_logit_random": _number(mean_output(controls)),
        }
        for name, curve, controls in (("deletion", found.deletion, found.deletion_controls),
                                      ("insertion", found.insertion, found.insertion_controls))
    }
    randomised, steady = found.randomisation, found.stability
    return {
        "headline": headline(said), "checks": [asdict(one) for one in said], **curves,
        "likeness_of_a_random_map": _number(found.alike),
        "randomisation": None if randomised is None else {
            "layers": list(randomised.layers), "likeness": _numbers(randomised.likeness)},
        "stability": None if steady is None else {
            "shifted_1px": _number(steady.shifted), "noise_1_percent": _number(steady.noisy)},
        "inside_the_chest": None if found.lungs is None else {
            name: _number(value) for name, value in asdict(found.lungs).items()},
    }


def _number(value: float | None) -> float | None:
    """As JSON has it: what is not a number is null."""
    return float(value) if value is not None and isfinite(value) else None


def _numbers(values: Sequence[float] | np.ndarray) -> list[float | None]:
    return [_number(float(value)) for value in values]
