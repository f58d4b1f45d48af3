"""What a card says a model is worth, as HTML: each figure with its films, the published ones beside."""

from __future__ import annotations

from html import escape

from cxr_core.evaluation.published import Published
from cxr_core.findings import title_of
from cxr_core.models.card import Card
from cxr_core.ui.tables import html_table, interval, number


def worth_table(card: Card, paper: Published | None) -> str:
    """A row for each set of films, then the paper's, whose films and split are others."""
    rows = [[one.name, f"{one.n:,}", f"{one.patients:,}", interval(one), f"{one.ece:.3f}"] for one in card.subsets]
    if paper:
        told = f"published: {paper.name} {paper.year}, {paper.split}"
        rows.append([told, paper.n, "not given", number(paper.mean), "–"])
    table = html_table(["Films", "n", "patients", "mean AUC (95% by patient)", "ECE"], rows)
    remark = f" {paper.name}: {paper.remark}." if paper and paper.remark else ""
    apart = " The published row is of other films: it says what the paper reached, not which is better." if paper else (
        "" if card.classes else " No paper gives figures of this one."
    )
    told = escape(f"Ours: {card.split_in_words}.{apart}{remark}")
    return f"<div class='worth'>{table}<p class='key'>{told}</p></div>"


def findings_table(card: Card, paper: Published | None) -> str:
    """A row for each finding: AUC and positives on the two sets that count, and what the paper gives."""
    shown = {one.name: one for one in card.subsets}
    sets = [name for name in _beside(card) if name in shown]
    heads = ["Finding"]
    for name in sets:
        heads += [f"{name}, {shown[name].n:,} films (95% by patient)", "+"]
    rows = []
    for finding in card.findings:
        cells = [title_of(finding.key)]
        for name in sets:
            figure = finding.figures.get(name)
            cells += [interval(figure), f"{figure.positives:,}" if figure else "–"]
        rows.append(cells + ([number(paper.auc.get(finding.key))] if paper and paper.auc else []))
    if paper and paper.auc:
        heads.append(f"published: {paper.n}, {paper.split}")
    return f"<div class='worth'>{html_table(heads, rows)}</div>"


def effects_table(card: Card) -> str:
    """A row for each finding of a clinical model: by how many percentage points each input moves its probability."""
    told = card.clinical.effects
    rows = [[title_of(finding.key), *(_points(effect.change[row]) for effect in told)]
            for row, finding in enumerate(card.findings)]
    return f"<div class='moves'>{html_table(['Finding', *(effect.input for effect in told)], rows)}</div>"


def _points(change: float) -> str:
    """A change of a probability in percentage points, its sign before it unless it rounds to nothing."""
    points = round(change * 100, 1)
    return f"{points:+.1f}" if points else "0.0"


def _beside(card: Card) -> tuple[str, ...]:
    """The sets of films whose figures stand side by side, finding by finding."""
    if card.classes:
        return "test", "nih_adults"
    leaky = [one.name for one in card.subsets if one.name.startswith("leaky test")]
    return (leaky[0], leaky[-1]) if len(leaky) > 1 else tuple(leaky) or ("test", "test_wide")
