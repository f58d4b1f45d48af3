"""A reading as files to keep: its findings as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict

from cxr_core.models.clinical import GROUPS
from cxr_core.reading import NOTICE, Explanation, Reading


def to_csv(reading: Reading) -> str:
    """One row per finding, most probable first."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow([
        "finding", "probability", "operating_point", "operating_point_of", "unsure_low", "unsure_high", "call", "model",
        "digest", "scored_anyway", *(GROUPS if reading.clinical else ()),
    ])
    for score in sorted(reading.scores, key=lambda score: -score.probability):
        unsure = score.unsure or (None, None)
        table.writerow([score.finding, score.probability, score.operating_point, score.point_of, *unsure,
                        score.call, reading.prediction.model_id, reading.prediction.digest, reading.scored_anyway,
                        *(reading.clinical.cells() if reading.clinical else ())])
    return text.getvalue()


def to_json(reading: Reading, explanation: Explanation | None = None) -> str:
    """The reading without the film: gate, model, scores; and the boxes and the receipt of a map."""
    return json.dumps({
        "notice": NOTICE, "film_sha256": reading.radiograph.sha256, "model": reading.prediction.model_id,
        "digest": reading.prediction.digest, "device": reading.prediction.device, "gate": reading.gate.status,
        "reasons": [reason.text for reason in reading.gate.reasons], "scored_anyway": reading.scored_anyway,
        **({"clinical": reading.clinical.to_object()} if reading.clinical else {}),
        "findings": [
            {"finding": score.finding, "probability": score.probability, "operating_point": score.operating_point,
             "operating_point_of": score.point_of, "unsure": score.unsure and list(score.unsure), "call": score.call}
            for score in reading.scores
        ],
        "explanation": None if explanation is None else {
            "finding": explanation.finding,
            "boxes": [
                {"x": box.x, "y": box.y, "w": box.w, "h": box.h, "share": box.share} for box in explanation.boxes
            ],
            "receipt": asdict(explanation.receipt) | {"gap": explanation.receipt.gap[0]},
        },
    }, indent=2)
