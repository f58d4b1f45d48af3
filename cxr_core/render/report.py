"""All that is known of how far to trust a model, as one HTML file that needs nothing else: no server, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from cxr_core.evaluation.averages import MACRO, MICRO, Averages
from cxr_core.evaluation.calibration import Calibration, reliability
from cxr_core.evaluation.classes import Confusion
from cxr_core.evaluation.curves import FEWEST, RocCurve, Worth, precision_recall
from cxr_core.evaluation.operating import consequences
from cxr_core.evaluation.results import Results
from cxr_core.evaluation.stamp import Stamp, in_lines
from cxr_core.findings import title_of
from cxr_core.models.card import Card
from cxr_core.render import figures, report_beside as beside
from cxr_core.render.calibration_figure import draw_calibration
from cxr_core.render.html_table import html_table, percent, three_digits
from cxr_core.render.trust_figures import draw_histories
from cxr_core.render.worth_table import HEADS, worth_cells

Band = tuple[np.ndarray, np.ndarray, np.ndarray]
# the browser itself refuses whatever the file might still ask of others
_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
_STYLE = """
body { margin: 0 auto; max-width: 74rem; padding: 1.5rem 1.2rem 3rem; background: #0b0f14; color: #dfe6ee;
  font: 400 15px/1.55 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
h3 { font-size: .95rem; margin: 1.4rem 0 .3rem; }
p, li { color: #b7c4d2; max-width: 52rem; } b { color: #dfe6ee; } .notice { color: #ffd166; } code { color: #b7c4d2; }
table { border-collapse: collapse; font-size: .84rem; font-variant-numeric: tabular-nums; width: 100%; }
th, td { border-bottom: 1px solid #1a2430; padding: .3rem .5rem; text-align: right; white-space: nowrap; }
th { color: #8fa1b5; font-weight: 400; } th:first-child, td:first-child { text-align: left; }
tr.pale td, td.pale { color: #75879b; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(26rem, 1fr)); gap: 1rem; }
.pair > * { min-width: 0; }
.wide { overflow-x: auto; }
"""
_CONFIG = {"displaylogo": False, "responsive": True}


@dataclass(frozen=True)
class Told:
    """What a report is made of: a model's results on one set of films, and what is known of the model.

    `bands` are the 95% bands of the ROC curves by finding, `points` the operating points, `mean` the 95% interval by
    patient of the mean AUC. `made` is when the report is. `cares` is what a reader must know before believing any
    figure: it stands at the head; `mark` is the same in a few words, and stands in every figure of curves, for a figure
    may leave the report alone.
    """

    title: str
    results: Results
    stamp: Stamp
    rows: Sequence[Worth]
    bands: Mapping[str, Band]
    points: Mapping[str, float | None]
    colour: str
    made: str
    card: Card | None = None
    history: pd.DataFrame | None = None
    remarks: tuple[str, ...] = field(default=())
    groups: tuple[beside.ByGroup, ...] = ()
    boxes: beside.OnBoxes | None = None
    confusion: Confusion | None = None
    cares: tuple[str, ...] = ()
    mark: str = ""
    mean: tuple[float, float] | None = None

    @property
    def marks(self) -> dict[str, str]:
        return {self.stamp.model: self.mark} if self.mark else {}


def make_report(told: Told) -> str:
    """The whole report as HTML."""
    parts = [
        _head(told), *_card(told.card), _provenance(told),
        *_with_figures(told, beside.classes(told.confusion, told.stamp.model, told.card, told.colour)),
        _table(told), *_averages(told), *_findings(told), *beside.errors(_calibrations(told.results)),
        *_with_figures(told, beside.groups(told.groups, told.colour)),
        *_with_figures(told, beside.boxes(told.boxes, told.colour)),
        *_published(told),
        *_training(told),
    ]
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(told.title)}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><style>{_STYLE}</style>'
        f"<script>{get_plotlyjs()}</script></head><body>{''.join(parts)}</body></html>"
    )


def _head(told: Told) -> str:
    return (f"<h1>How far to trust {escape(told.title)}</h1><p class='notice'>Research use only. Not a medical device, "
            f"not to rule out disease.</p>"
            + "".join(f"<p class='notice'>{escape(care)}</p>" for care in told.cares)
            + f"<p>{escape(told.stamp.of_films)}. Report made {escape(told.made)}.</p>")


def _card(card: Card | None) -> Iterable[str]:
    """What the card says of where the model comes from and what it is not for."""
    if card is None:
        yield "<p>These results came without a model's card: how it was trained is not known here.</p>"
        return
    training = card.training
    yield f"<h2>The model</h2><p>{escape(card.model.source)}. {card.model.parameters:,} parameters, input "
    yield " × ".join(map(str, card.model.input)) + f"; weights sha256 <code>{escape(card.weights.sha256)}</code>.</p>"
    if training is not None:
        yield (f"<p><b>Training.</b> {training.films:,} films of {training.patients:,} patients "
               f"({escape(training.data)}); {training.epochs} epochs on {escape(training.hardware)}; "
               f"{escape(training.initialisation)}; seed {training.seed}. <code>{escape(training.command)}</code></p>")
    sources = zip(card.data.sources, card.data.licences, strict=False)
    yield "<p><b>Data.</b> " + " ".join(f"{escape(one)} ({escape(licence)})." for one, licence in sources) + "</p>"
    limits = "".join(f"<li>{escape(limit)}</li>" for limit in card.use.limits)
    yield f"<p><b>Use.</b> {escape(card.use.intended)}</p><h2>Limits</h2><ul>{limits}</ul>"


def _provenance(told: Told) -> str:
    made = told.results.provenance
    lines = [told.stamp.of_films, told.stamp.of_model, *(made.in_words if made else ()), *told.remarks]
    return "<h2>Provenance</h2><ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _table(told: Told) -> str:
    table = html_table(HEADS, worth_cells(told.rows, told.mean), pale=[not one.claims for one in told.rows])
    calls = "No operating point is known here: no sensitivity, no specificity."
    if told.confusion is not None:
        calls = "A film is called the likeliest class, at no operating point: so are sensitivity and specificity."
    elif any(point is not None for point in told.points.values()):
        calls = "Sensitivity and specificity at the card's operating point."
    return f"<h2>All {'findings' if told.confusion is None else 'classes'}</h2>{table}" + (
        f"<p>{calls} Those of fewer than {FEWEST} positives are "
        "pale: no claim. The interval by patient is the one to cite: films of one patient are not independent.</p>"
    )


def _averages(told: Told) -> Iterable[str]:
    name, results = told.stamp.model, told.results
    curves = {key: curve for key in results.findings if (curve := _curve(results, key)) is not None}
    if not curves:
        yield "<p>No finding has films with and without it: there is no curve.</p>"
        return
    colours = {name: told.colour}
    if (averages := Averages.of(results, curves)) is not None:
        yield "<h2>Average ROC</h2>"
        yield _drawn(figures.draw_averages({name: averages}, colours, remarks=told.marks), told)
        yield f"<p>Macro: {MACRO}. Micro, dashed: {MICRO}. No Finding is in neither.</p>"
    yield f"<h2>ROC of each {'finding' if told.confusion is None else 'class'}</h2>"
    of_each = {key: {name: curve} for key, curve in curves.items()}
    yield _drawn(figures.draw_roc_grid(of_each, colours, remarks=told.marks), told)


def _findings(told: Told) -> Iterable[str]:
    """Each finding's ROC with its band and its reliability, and what its operating point leads to."""
    name, results, colours = told.stamp.model, told.results, {told.stamp.model: told.colour}
    for key in results.findings:
        curve = _curve(results, key)
        if curve is None:
            continue
        positive, probability = (values[:, results.column(key)] for values in (results.labels, results.probability))
        bands = {name: told.bands[key]} if key in told.bands else {}
        yield f"<h3>{escape(title_of(key))}: {curve.positives:,} of {curve.n:,} films</h3>"
        point, marks = told.points.get(key), []
        if point is not None:
            led = consequences(positive, probability, point, curve.positives / curve.n)
            marks = [figures.Mark(1 - led.specificity, led.sensitivity, told.colour, three_digits(point))]
            yield (f"<p>At the card's operating point {three_digits(point)}: {led.true_positive:,} found, "
                   f"{led.false_negative:,} missed, {led.false_positive:,} false alarms, {led.true_negative:,} "
                   f"cleared; on these films PPV {percent(led.positive_value)}, NPV {percent(led.negative_value)}.</p>")
        roc = _drawn(figures.draw_roc({name: curve}, colours, bands, marks=marks, remarks=told.marks), told)
        raw = results.raw[:, results.column(key)]
        before = {name: reliability(positive, raw)} if is_calibrated(results, key) else {}
        after = {name: reliability(positive, probability)}
        bins = _drawn(draw_calibration(before, after, colours, remarks=told.marks), told)
        recall = _drawn(figures.draw_precision_recall(
            {name: precision_recall(positive, probability)}, {name: (curve.positives, curve.n)}, colours,
            remarks=told.marks), told)
        yield f'<div class="pair">{roc}{recall}{bins}</div>'


def _published(told: Told) -> Iterable[str]:
    if told.confusion is None:  # a class that excludes others is another question than a finding of the same name
        yield from _with_figures(told, beside.published(told.stamp.model, told.stamp.films, told.rows, told.colour))


def _training(told: Told) -> Iterable[str]:
    if told.history is not None:
        name = told.stamp.model
        yield "<h2>Training</h2>"
        yield figures.stamped(draw_histories({name: told.history}, {name: told.colour}), [told.stamp.of_model]).to_html(
            full_html=False, include_plotlyjs=False, config=_CONFIG
        )


def _with_figures(told: Told, parts: Iterable[str | go.Figure]) -> Iterable[str]:
    return (part if isinstance(part, str) else _drawn(part, told) for part in parts)


def _calibrations(results: Results) -> dict[str, tuple[Calibration | None, Calibration]]:
    """Of each finding, before (None where nothing was calibrated) and after calibration."""
    found = {}
    for key in results.findings:
        positive, raw, probability = (
            values[:, results.column(key)] for values in (results.labels, results.raw, results.probability)
        )
        before = Calibration.of(positive, raw) if is_calibrated(results, key) else None
        found[key] = (before, Calibration.of(positive, probability))
    return found


def is_calibrated(results: Results, finding: str) -> bool:
    """Whether calibration made other scores of the network's own."""
    column = results.column(finding)
    return not np.array_equal(results.raw[:, column], results.probability[:, column])


def _drawn(figure: go.Figure, told: Told) -> str:
    return figures.stamped(figure, in_lines([told.stamp], 90)).to_html(
        full_html=False, include_plotlyjs=False,
        config=_CONFIG | {"toImageButtonOptions": {"format": "svg", "filename": told.stamp.model}},
    )


def _curve(results: Results, finding: str) -> RocCurve | None:
    column = results.column(finding)
    return RocCurve.from_predictions(results.labels[:, column], results.probability[:, column])
