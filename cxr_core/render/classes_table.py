"""What a model of exclusive classes is worth, as HTML tables: accuracy beside the published one, confusion, audit."""

from __future__ import annotations

from html import escape

from cxr_core.evaluation.classes import Audit, ClassesCard, Confusion, Rate
from cxr_core.evaluation.published import accuracy_of
from cxr_core.render.html_table import html_table, number, span

FILMS = {"test": "test: CoronaHack's own, COVID-19 films joined", "nih_adults": "NIH adults without COVID-19"}


def accuracy_table(model_id: str, classes: ClassesCard) -> str:
    """Ours by subset with intervals by patient, then, pale, the published figures, which are of other films, and what
    films those are."""
    rows = [
        [FILMS.get(one.films, one.films), f"{one.n:,}", f"{one.patients:,}", _rate(one.accuracy)]
        for one in classes.confusions
    ]
    published = accuracy_of(model_id)
    if published:
        rows += [
            [f"published: {published.name} {published.year}, {films}", "not given", "not given", f"{value:.1%}"]
            for films, value in (("test", published.test), ("validation", published.val))
        ]
    table = html_table(["Films", "n", "patients", "accuracy (95% by patient)"], rows,
                       pale=[place >= len(classes.confusions) for place in range(len(rows))])
    return table + (f"<p class='films'>{escape(published.in_words)}</p>" if published else "")


def in_order(classes: ClassesCard) -> list[tuple[str, Rate]]:
    """Accuracy by set of films as it is drawn: val, which chose the epoch, last."""
    told = sorted(classes.confusions, key=lambda one: one.films == "val")
    return [(FILMS.get(one.films, one.films), one.accuracy) for one in told]


def confusion_table(confusion: Confusion) -> str:
    """A row for each true class: what its films are called, and how often that is right."""
    keys = confusion.classes
    return html_table(
        ["true, called", *keys, "sensitivity", "specificity"],
        [
            [key, *(f"{count:,}" for count in row), _rate(confusion.sensitivity.get(key)),
             _rate(confusion.specificity.get(key))]
            for key, row in zip(keys, confusion.counts, strict=True)
        ],
        pale=[not sum(row) for row in confusion.counts],
    )


def audit_table(audit: Audit) -> str:
    """What adults without COVID-19 are called, and which films a score tells apart that it should not."""
    said = f"<p class='said'>{escape(audit.in_words)}</p>"
    if not audit.called:
        return said
    keys = list(audit.called[0].shares)
    called = html_table(
        ["Films, called", "n", "patients", *keys],
        [
            [row.films, f"{row.n:,}", f"{row.patients:,}", *(_rate(row.shares[key]) for key in keys)]
            for row in audit.called
        ],
    )
    apart = html_table(
        ["Score, and the films it tells apart", "n", "AUC (95% by patient)"],
        [
            [f"{row.score}: {row.first} from {row.second}; {row.remark}", f"{row.n[0]:,} + {row.n[1]:,}",
             f"{number(row.auc.value)}  ({span(row.auc.low, row.auc.high)})"]
            for row in audit.told_apart
        ],
    )
    return f"{said}<div class='audit'>{called}{apart}</div>"


def _rate(rate: Rate | None) -> str:
    return "–" if rate is None else f"{rate.value:.1%}  ({rate.low:.1%}–{rate.high:.1%})"
