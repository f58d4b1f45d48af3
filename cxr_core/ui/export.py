"""A reading as files to keep: findings as CSV and JSON, the film with its overlay as PNG."""

from __future__ import annotations

import csv
import io
import json

from cxr_core.reading import Explanation, Reading
from cxr_core.render.overlay import draw_overlay, encode_png

NOTICE = "Research use only. Not a medical device."


def to_csv(reading: Reading) -> str:
    """One row per finding, most probable first."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["finding", "probability", "operating_point", "unsure_low", "unsure_high", "call", "model", "digest",
                    "scored_anyway"])
    for score in sorted(reading.scores, key=lambda score: -score.probability):
        table.writerow([score.finding, score.probability, score.operating_point, *score.unsure, score.call,
                        reading.prediction.model_id, reading.prediction.digest, reading.scored_anyway])
    return text.getvalue()


def to_json(reading: Reading) -> str:
    """The reading without the film: gate, model, scores."""
    return json.dumps({
        "notice": NOTICE, "film_sha256": reading.radiograph.sha256, "model": reading.prediction.model_id,
        "digest": reading.prediction.digest, "device": reading.prediction.device, "gate": reading.gate.status,
        "reasons": [reason.text for reason in reading.gate.reasons], "scored_anyway": reading.scored_anyway,
        "findings": [
            {"finding": score.finding, "probability": score.probability, "operating_point": score.operating_point,
             "unsure": list(score.unsure), "call": score.call}
            for score in reading.scores
        ],
    }, indent=2)


def to_png(reading: Reading, explanation: Explanation | None) -> bytes:
    """The film in its own window, with heat map and boxes where there are any."""
    heat, boxes = (explanation.heatmap, explanation.boxes) if explanation else (None, ())
    return encode_png(draw_overlay(reading.radiograph.display(), heat, boxes))
