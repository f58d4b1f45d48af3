"""`models`: the models there are, and what they are worth."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer

from cxr_core.cli.output import print_json
from cxr_core.errors import ModelError, WeightsMissing
from cxr_core.evaluation.published import Published, accuracy_of, figures_of
from cxr_core.findings import NIH14, title_of
from cxr_core.models.card import load_card, shortcut_audit
from cxr_core.models.registry import EXPERIMENTS, MODELS, all_models
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import find_weights, weights_folder


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the README's section of figures.")] = False,
) -> None:
    """List the models: input, findings, digest and test figures."""
    described = [describe(spec) for spec in (MODELS if as_markdown else all_models()).values()]
    if as_json:
        print_json(described)
    elif as_markdown:
        leaky = (line for spec in EXPERIMENTS.values() for line in in_a_paragraph(spec))
        below = (line for one in described for line in in_markdown(one))
        print("\n".join([*table_of_models(described), *leaky, *below]), end="")
    else:
        print("\n".join(line for one in described for line in in_words(one)))


def in_words(one: dict[str, Any]) -> list[str]:
    """A described model in a few lines for a reader at a terminal."""
    lines = [f"{one['id']}: {one['title']}, input {' x '.join(map(str, one['input']))}"]
    lines += [f"    the mean of {', '.join(one['members'])}"] if one["members"] else ()
    if not one["trained"]:
        lines.append("    not trained yet")
    if one["problem"]:
        lines.append(f"    {one['problem']}")
    if one["imported"]:
        lines.append("    imported; its figures are unknown" if not one["figures"] else "    imported")
    for name, figures in one["figures"].items():
        told = f"{_interval(figures, 'mean_auc')}, {figures['n']} films, ECE {figures['ece']:.3f}"
        lines.append(f"    {name}: mean AUC {told}")
    lines += [f"    {line}" for line in one["classes"]["accuracy"]] if one["classes"] else ()
    lines += [f"    {one['audit']}"] if one["audit"] else ()
    return lines


def table_of_models(described: list[dict[str, Any]]) -> list[str]:
    """All models in one Markdown table: the published figure with its films and split, and what is measured here.

    Each figure of ours has its n, and the expected calibration error (ECE) of these films.
    """
    lines = ["| Model | published | on | here: test | test_wide | val | on |", "|---|---|---|---|---|---|---|"]
    for one in described:
        paper, accuracy, sets = figures_of(one["id"]), accuracy_of(one["id"]), one["figures"]
        told = ["–", "–"]
        if paper:
            of = "" if paper.mean_of == len(NIH14) else f", mean of {paper.mean_of}"
            mean = f"{paper.mean:.3f}{of}" if paper.mean == paper.mean else _accuracy(paper)
            told = [mean, f"{paper.n}, {paper.split}"]
        elif accuracy:
            told = [f"accuracy {accuracy.test:.1%}", accuracy.on]
        accuracies = {of["films"]: of["accuracy"] for of in one["classes"]["confusions"]} if one["classes"] else {}
        here = [
            _in_a_cell(sets[name], accuracies.get(name), ece=name != "val") if name in sets else "–"
            for name in ("test", "test_wide", "val")
        ]
        if not sets:
            here[0] = "scored nowhere yet" if one["trained"] else "not trained yet"
        split = one["split"] if sets else "–"
        named = f"| {one['title']} (`{one['id']}`)" + (f": {_members(one)}" if one["members"] else "")
        lines.append(" | ".join((named, *told, *here, split)) + " |")
    return [*lines, ""]


def in_a_paragraph(spec: ModelSpec) -> list[str]:
    """What a leaky split gave, in Markdown below the table, never a row beside the others; nothing before it ships."""
    try:
        card = load_card(weights_folder() / spec.id)
    except ModelError:
        return []
    sets = [f"{one.name} {one.mean_auc:.3f} ({one.low:.3f} to {one.high:.3f}; {one.n:,} films of {one.patients:,} "
            "patients)" for one in card.subsets]
    paper = figures_of(spec.id.removesuffix("-leaky"))
    published = f" Published: {paper.mean:.3f} ({paper.n}, {paper.split})." if paper else ""
    return [f"{spec.title} (`{spec.id}`): {card.use.limits[0]} Mean AUC: {'; '.join(sets)}.{published}", ""]


def in_markdown(one: dict[str, Any]) -> list[str]:
    """A described model as a Markdown table to unfold: a row per finding, a column per set of films."""
    sets, paper = one["figures"], figures_of(one["id"])
    if not sets:
        return []
    titles = [f"{name}, {figures['n']} films of {figures['patients']} patients" for name, figures in sets.items()]
    if paper:
        titles.insert(0, f"published: {paper.n}, {paper.split}")
    means = [_interval(figures, "mean_auc") for figures in sets.values()]
    lines = [
        f"<details><summary>{one['title']}, finding by finding</summary>", "",
        "| Finding | " + " | ".join(titles) + " |",
        "|---|" + "---|" * len(titles),
        "| **Mean** | " + " | ".join([*([_value(paper.mean)] if paper else ()), *means]) + " |",
    ]
    for finding in one["findings"]:
        cells = [figures["findings"].get(finding) for figures in sets.values()]
        worth = [f"{_interval(cell, 'auc')}, {cell['positives']}" if cell else "" for cell in cells]
        theirs = [_value(paper.auc.get(finding))] if paper else ()
        lines.append(f"| {title_of(finding)} | " + " | ".join([*theirs, *worth]) + " |")
    lines += classes_in_markdown(one["id"], one["classes"]) if one["classes"] else ()
    further = [f"- {line}" for line in _in_paper_terms(one["id"])]
    return [*lines, *(["", *further] if further else ()), "", "</details>", ""]


def _in_paper_terms(model_id: str) -> list[str]:
    """The further figures of a model's paper beside ours on test, from the stored results."""
    from cxr_core.evaluation.paper_terms import in_paper_terms
    from cxr_core.evaluation.results import load_results, subset

    paper = figures_of(model_id)
    return in_paper_terms(subset(load_results(weights_folder() / model_id), "test"), paper) if paper else []


def _accuracy(paper: Published) -> str:
    """What a paper gives instead of a mean AUC."""
    return f"accuracy over all cells {paper.cell_accuracy:.1%}" if paper.cell_accuracy == paper.cell_accuracy else "–"


def _value(published: float | None) -> str:
    return "–" if published is None or published != published else f"{published:.3f}"


def classes_in_markdown(model_id: str, classes: dict[str, Any]) -> list[str]:
    """Accuracy beside the published one, the confusion matrix of test, and the audit in a line."""
    published = accuracy_of(model_id)
    lines = ["", *(f"- {line}" for line in classes["accuracy"])]
    if published:
        lines.append(f"- published ({published.name} {published.year}; {published.on}): test {published.test:.1%}, "
                     f"validation {published.val:.1%}")
    for confusion in classes["confusions"]:
        if confusion["films"] == "test":
            keys = confusion["classes"]
            lines += ["", "| test: true, called | " + " | ".join(keys) + " |", "|---|" + "---|" * len(keys)]
            lines += [f"| {key} | " + " | ".join(map(str, row)) + " |" for key, row in zip(keys, confusion["counts"])]
    return [*lines, "", classes["audit"]]


def _members(one: dict[str, Any]) -> str:
    return ", ".join(f"`{member}`" for member in one["members"])


def _in_a_cell(figures: dict[str, Any], accuracy: dict[str, float] | None, *, ece: bool) -> str:
    """Mean AUC, after the accuracy where classes exclude each other: the figure their papers give."""
    cell = f"{_interval(figures, 'mean_auc')}, {figures['n']:,} films"
    if accuracy:
        low, high = accuracy["low"], accuracy["high"]
        cell = f"accuracy {accuracy['value']:.1%} ({low:.1%} to {high:.1%}), AUC {cell}"
    return f"{cell}, ECE {figures['ece']:.3f}" if ece else cell


def _interval(figures: dict[str, Any], of: str) -> str:
    return f"{figures[of]:.3f} ({figures['low']:.3f} to {figures['high']:.3f})"


def describe(spec: ModelSpec) -> dict[str, Any]:
    """What is known of a model; a model without weights has no parameters, digest or figures."""
    known: dict[str, Any] = {
        "id": spec.id, "title": spec.title, "trained": True, "parameters": None,
        "input": list(spec.input_shape), "findings": list(spec.findings), "digest": None, "figures": {},
        "problem": None, "imported": False, "classes": None, "audit": None, "split": None,
        "members": list(spec.members),
    }
    try:
        card = load_card(find_weights(spec))
    except WeightsMissing:
        return known | {"trained": False}
    except ModelError as problem:
        return known | {"problem": str(problem)}
    known |= {"parameters": card.model.parameters, "digest": card.weights.sha256, "imported": card.origin is not None}
    known["split"] = card.split_in_words
    if (audit := shortcut_audit(spec, card)) is not None:
        known["audit"] = audit.in_words
    if card.classes:
        known["classes"] = dataclasses.asdict(card.classes) | {
            "accuracy": [one.in_words for one in card.classes.confusions], "audit": card.classes.audit.in_words,
            "audited": dataclasses.asdict(card.classes.audit),
        }
    known["figures"] = {
        subset.name: {
            "mean_auc": subset.mean_auc, "low": subset.low, "high": subset.high, "n": subset.n,
            "patients": subset.patients, "ece": subset.ece, "label_version": subset.label_version,
            "findings": {
                finding.key: {"auc": figure.auc, "low": figure.low, "high": figure.high,
                              "positives": figure.positives, "n": figure.n}
                for finding in card.findings
                if (figure := finding.figures.get(subset.name)) is not None
            },
        }
        for subset in card.subsets
    }
    return known
