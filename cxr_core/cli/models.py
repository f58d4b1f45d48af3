"""`models`: the models there are, and what they are worth."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer

from cxr_core.cli.output import print_json
from cxr_core.errors import ModelError, WeightsMissing
from cxr_core.evaluation.published import Published, accuracy_of, figures_of
from cxr_core.findings import NIH14, mean_over, title_of
from cxr_core.models.card import load_card, shortcut_audit
from cxr_core.models.registry import EXPERIMENTS, MODELS, all_models
from cxr_core.models.spec import ModelSpec
from cxr_core.models.weights import find_weights, weights_folder

_IN_THE_TABLE = ("test", "test_wide", "val")  # the subsets that the table of all models has a column for


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the README's table of figures.")] = False,
    findings_as_markdown: Annotated[
        bool, typer.Option("--markdown-findings", help="Print the figures of docs/figures.md, finding by finding.")
    ] = False,
) -> None:
    """List the models: input, findings, digest and test figures."""
    shipped_alone = as_markdown or findings_as_markdown
    described = [describe(spec) for spec in (MODELS if shipped_alone else all_models()).values()]
    if as_json:
        print_json(described)
    elif as_markdown:
        leaky = (line for spec in EXPERIMENTS.values() for line in in_a_paragraph(spec))
        print("\n".join([*table_of_models(described), *leaky]), end="")
    elif findings_as_markdown:
        print("\n".join(line for one in described for line in in_markdown(one)), end="")
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
        told = f"{', '.join(_mean(figures))}, {figures['n']} films, ECE {figures['ece']:.3f}"
        lines.append(f"    {name}: mean AUC {told}")
    lines += [f"    {line}" for line in one["classes"]["accuracy"]] if one["classes"] else ()
    lines += [f"    {one['audit']}"] if one["audit"] else ()
    return lines


def table_of_models(described: list[dict[str, Any]]) -> list[str]:
    """All models in one Markdown table: the published figure with its films and split, and what is measured here.

    Below it stands once what each word of its last column is: how the films were split, and how many there are.
    """
    splits, below = splits_of(described)
    lines = ["| Model | Published | Published on | test | test_wide | val | Split |", "|---|---|---|---|---|---|---|"]
    for one in described:
        paper, accuracy, sets = figures_of(one["id"]), accuracy_of(one["id"]), one["figures"]
        told = ["–", "–"]
        if paper:
            mean = _published_mean(paper) if paper.mean == paper.mean else _accuracy(paper)
            told = [mean, _published_on(paper)]
        elif accuracy:
            told = [f"accuracy {accuracy.test:.1%}", accuracy.on]
        accuracies = {of["films"]: of["accuracy"] for of in one["classes"]["confusions"]} if one["classes"] else {}
        here = [
            _in_a_cell(sets[name], accuracies.get(name), ece=name != "val") if name in sets else "–"
            for name in _IN_THE_TABLE
        ]
        if not sets:
            here[0] = "not scored yet" if one["trained"] else "not trained yet"
        named = f"{one['title']}<br>`{one['id']}`" + (f", of {_members(one)}" if one["members"] else "")
        lines.append("| " + " | ".join((named, *told, *here, splits.get(one["id"], "–"))) + " |")
    return [*lines, "", *below, ""]


def splits_of(described: list[dict[str, Any]]) -> tuple[dict[str, str], list[str]]:
    """A short word for the split of each model that has figures, and a Markdown list of what these words stand for."""
    words: dict[str, str] = {}  # what it stands for -> the word
    of_model = {}
    for one in described:
        if sets := {name: one["figures"][name] for name in _IN_THE_TABLE if name in one["figures"]}:
            films = "; ".join(f"{name}: {of['n']:,} films of {of['patients']:,} patients" for name, of in sets.items())
            told = f"{one['split']}. {films}."
            word = next((source for source in ("NIH", "CoronaHack") if source in one["split"]), "own")
            taken = sum(other.startswith(word) for other in words.values())
            of_model[one["id"]] = words.setdefault(told, f"{word} {taken + 1}" if taken else word)
    return of_model, [f"- **{word}**: {told}" for told, word in words.items()]


def in_a_paragraph(spec: ModelSpec) -> list[str]:
    """What a leaky split gave, in Markdown below the table, never a row beside the others; nothing before it ships."""
    try:
        card = load_card(weights_folder() / spec.id)
    except ModelError:
        return []
    sets = [f"{one.name} {one.mean_auc:.3f} ({one.low:.3f} to {one.high:.3f}; {one.n:,} films of {one.patients:,} "
            "patients)" for one in card.subsets]
    paper = figures_of(spec.id.removesuffix("-leaky"))
    published = f" Published: {paper.mean:.3f} ({_published_on(paper)})." if paper else ""
    return [f"**{spec.title}** (`{spec.id}`): {card.use.limits[0]} Mean AUC: {'; '.join(sets)}.{published}", ""]


def in_markdown(one: dict[str, Any]) -> list[str]:
    """A described model as a Markdown section: a row per finding, a column per set of films."""
    sets, paper = one["figures"], figures_of(one["id"])
    if not sets:
        return []
    titles = [f"{name}, {figures['n']:,} films of {figures['patients']:,} patients" for name, figures in sets.items()]
    if paper:
        titles.insert(0, f"published: {_published_on(paper)}")
    means = [", ".join(_mean(figures)) for figures in sets.values()]
    lines = [
        f"## {one['title']}", "", f"`{one['id']}`", "",
        "| Finding | " + " | ".join(titles) + " |",
        "|---|" + "---|" * len(titles),
        "| **Mean** | " + " | ".join([*([_published_mean(paper)] if paper else ()), *means]) + " |",
    ]
    for finding in one["findings"]:
        cells = [figures["findings"].get(finding) for figures in sets.values()]
        worth = [f"{_interval(cell, 'auc')}, {cell['positives']}" if cell else "" for cell in cells]
        theirs = [_value(paper.auc.get(finding))] if paper else ()
        lines.append(f"| {title_of(finding)} | " + " | ".join([*theirs, *worth]) + " |")
    lines += classes_in_markdown(one["id"], one["classes"]) if one["classes"] else ()
    further = [f"- {line}" for line in _in_paper_terms(one["id"])]
    return [*lines, *(["", *further] if further else ()), ""]


def _in_paper_terms(model_id: str) -> list[str]:
    """The further figures of a model's paper beside ours on test, from the stored results."""
    from cxr_core.evaluation.paper_terms import in_paper_terms
    from cxr_core.evaluation.results import load_results, subset

    paper = figures_of(model_id)
    return in_paper_terms(subset(load_results(weights_folder() / model_id), "test"), paper) if paper else []


def _accuracy(paper: Published) -> str:
    """What a paper gives instead of a mean AUC."""
    known = paper.cell_accuracy == paper.cell_accuracy
    return f"accuracy {paper.cell_accuracy:.1%} over all pairs of film and finding" if known else "–"


def _published_on(paper: Published) -> str:
    """How many films a paper's figures are of, and how they were split."""
    return f"{'number of films not stated' if paper.n == 'not stated' else paper.n}, {paper.split}"


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
    lines = _mean(figures)
    if accuracy:
        low, high = accuracy["low"], accuracy["high"]
        lines = [f"accuracy {accuracy['value']:.1%} ({low:.1%} to {high:.1%})", f"AUC {lines[0]}"]
    return "<br>".join([*lines, *([f"ECE {figures['ece']:.3f}"] if ece else ())])


def _published_mean(paper: Published) -> str:
    of = "" if paper.mean_of in (0, len(NIH14)) else f", mean of {paper.mean_of}"
    return _value(paper.mean) + of


def _mean(figures: dict[str, Any]) -> list[str]:
    """Mean AUC with its interval, and over what it is where one of the model's outputs does not count."""
    over = mean_over([key for key, one in figures["findings"].items() if one["auc"] == one["auc"]])
    return [_interval(figures, "mean_auc"), *([over] if over else ())]


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
