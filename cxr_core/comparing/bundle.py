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
from cxr_core.comparing.pairs import MEASURES, compare_pairs, consensus_map, without_ensembles
from cxr_core.comparing.trust import Trust
from cxr_core.comparing.verdict import headline, mean_area, mean_output, verdict
from cxr_core.findings import title_of
from cxr_core.geometry import Box
from cxr_core.imaging.radiograph import Radiograph
from cxr_core.methods import METHODS
from cxr_core.models.card import Figure
from cxr_core.reading import NOTICE, caption
from cxr_core.render.overlay import add_caption, draw_overlay, encode_png

PHANTOM = "This is the drawn phantom, no patient's film."


@dataclass(frozen=True)
class Packed:
    """A map to be packed, what the checks of it found, and which finding was `asked` for, where the map's is near.

    `figure` is what the model's scores of the finding are worth, `judged_on` whose test films say so.
    """

    cell: CellMap
    trust: Trust | None = None
    asked: str | None = None
    figure: Figure | None = None
    judged_on: str = ""


def to_zip(film: Radiograph, maps: Mapping[str, Packed], drawn: Sequence[Box] = (), *, phantom: bool = False) -> bytes:
    """Pack maps and reports.

    Parameters
    ----------
    maps : mapping
        By a name for each, such as "resnet18-128-nih14 ig".
    drawn : sequence of Box
        What NIH's readers drew, in film pixels.
    phantom : bool
        Whether the film is the drawn phantom, and no patient's.

    Returns
    -------
    bytes
        A zip of report.json, maps/NAME.png, consensus/METHOD.png where a method explains two models, and maps.npz:
        float32, the attribution by name, the heat map by "NAME heatmap" and the consensus by "consensus METHOD".

        The report's keys: "notice", "film_sha256", "phantom"; "maps", a list of maps with model, finding, score, "auc"
        (on whose test films, null where not measured), gate, receipt, boxes and "trust"; and "agreement": "maps" names
        them in order, "verdicts" has a sentence for each method, and each measure of `pairs.MEASURES` a list for each
        map of how it agrees with every one before it.
    """
    arrays: dict[str, np.ndarray] = {}
    with io.BytesIO() as content:
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("report.json", json.dumps(_report(film, maps, phantom), indent=2, allow_nan=False))
            display, marks = film.display(), [PHANTOM] if phantom else []
            for name, one in maps.items():
                cell, score = one.cell, one.cell.score
                arrays |= {name: cell.values.astype(np.float32), f"{name} heatmap": cell.heatmap.astype(np.float32)}
                picture = draw_overlay(display, cell.heatmap, cell.boxes, drawn=drawn)
                nearest = f" (nearest class to {title_of(one.asked)})" if one.asked else ""
                said = f"{name}: {title_of(score.finding)}{nearest} {score.percent}, {score.held_against}"
                lines = caption(said, scored_anyway=cell.scored_anyway, clinical=cell.clinical)
                packed.writestr(f"maps/{name}.png", encode_png(add_caption(picture, [*marks, *lines])))
            for method, together in _by_method([one.cell for one in maps.values()]).items():
                arrays[f"consensus {method}"] = consensus = consensus_map(together)
                said = f"{METHODS[method]}, mean rank over {', '.join(cell.model_id for cell in together)}"
                lines = caption(said, scored_anyway=any(cell.scored_anyway for cell in together), clinical=None)
                picture = add_caption(draw_overlay(display, consensus, drawn=drawn), [*marks, *lines])
                packed.writestr(f"consensus/{method}.png", encode_png(picture))
            with io.BytesIO() as numbers:
                np.savez_compressed(numbers, **arrays)
                packed.writestr("maps.npz", numbers.getvalue())
        return content.getvalue()


def _by_method(cells: Sequence[CellMap]) -> dict[str, list[CellMap]]:
    """The maps of a consensus: by each method that explains two models, of which none contains the other."""
    told = without_ensembles(cells)
    groups = {method: [cell for cell in told if cell.method == method] for method in METHODS}
    return {method: group for method, group in groups.items() if len(group) > 1}


def _report(film: Radiograph, maps: Mapping[str, Packed], phantom: bool) -> dict[str, Any]:
    pairs = compare_pairs([one.cell for one in maps.values()])
    return {
        "notice": NOTICE, "film_sha256": film.sha256, "phantom": phantom,
        "maps": [_map(name, one) for name, one in maps.items()],
        "agreement": {
            "maps": list(maps),
            "verdicts": [{"method": one.method, "text": one.text} for one in pairs.verdicts],
            **{measure: [[_number(getattr(one, measure)) for one in row] for row in pairs.rows]
               for measure in MEASURES},
        },
    }


def _map(name: str, one: Packed) -> dict[str, Any]:
    cell, score, receipt = one.cell, one.cell.score, one.cell.receipt
    return {
        "name": name, "model": cell.model_id, "digest": cell.digest, "finding": score.finding, "asked": one.asked,
        "method": cell.method, "probability": _number(score.probability),
        "auc": asdict(one.figure) | {"of": one.judged_on} if one.figure else None,
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
