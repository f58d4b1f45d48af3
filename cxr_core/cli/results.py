"""`results`: list, show, compare and import stored results."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cxr_core.cli.output import print_json
from cxr_core.findings import mean_over, title_of
from cxr_core.words import counted

if TYPE_CHECKING:
    from cxr_core.evaluation.classes import Confusion
    from cxr_core.evaluation.comparison import Comparison
    from cxr_core.evaluation.results import Results
    from cxr_core.evaluation.store import Stored
    from cxr_core.evaluation.summary import SubsetSummary

results = typer.Typer(
    help="Stored results: list, show and compare them, and import those of others.", no_args_is_help=True
)

AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@results.command("list")
def list_results(as_json: AS_JSON = False) -> None:
    """List all results: those shipped with the weights, and those evaluated or imported here."""
    from cxr_core.errors import CxrError
    from cxr_core.evaluation.store import list_stored
    from cxr_core.models.weights import weights_folder

    rows = []
    for stored in list_stored(weights_folder()):
        try:
            rows.append(_in_short(stored, stored.read()))
        except CxrError as problem:
            rows.append(
                {
                    "id": stored.id,
                    "kind": "shipped" if stored.shipped else "unknown",
                    "model": None,
                    "n": None,
                    "subsets": {},
                    "findings": [],
                    "label_version": None,
                    "date": None,
                    "leaky": None,
                    "overlap": None,
                    "problem": str(problem),
                }
            )
    if as_json:
        print_json(rows)
        return
    for row in rows:
        parts = ", ".join(f"{name} {n:,}" for name, n in row["subsets"].items())
        print(
            f"{row['id']}: {row['kind']}, {_mark(row)}{parts} films, {len(row['findings'])} findings"
            if row["problem"] is None
            else f"{row['id']}: {row['problem']}"
        )
    if not rows:
        print("There are no results yet. Ship a model, evaluate one, or import results.")


@results.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="Of `results list`.")],
    subset: Annotated[
        str | None, typer.Option(help="One subset; with --json `findings` is of this one, by default of a test set.")
    ] = None,
    as_json: AS_JSON = False,
) -> None:
    """Show what results come to, per finding n, positives, AUC with its interval by patient; and their source.

    Of exclusive classes also accuracy and confusion matrix.
    """
    from cxr_core.evaluation.store import find_stored
    from cxr_core.evaluation.summary import names_of, summarise
    from cxr_core.models.weights import weights_folder

    stored = find_stored(name, weights_folder())
    told = stored.read()
    wanted = (_one_of(told, subset),) if subset else names_of(told)
    summaries = [summarise(told, one) for one in wanted]
    if not as_json:
        print_summary(told, summaries)
        return
    first = _as_object(summaries[0])
    assert told.provenance is not None
    print_json(
        {
            "id": stored.id,
            "kind": told.provenance.kind,
            "subset": summaries[0].name,
            **first,
            "subsets": {one.name: _as_object(one) for one in summaries},
            "provenance": dataclasses.asdict(told.provenance),
        }
    )


@results.command()
def compare(
    first: Annotated[str, typer.Argument(metavar="A", help="Of `results list`.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Of `results list`.")],
    subset: Annotated[str | None, typer.Option(
        help="One subset or slice of A; with --json `findings` is of this one, by default of a test set."
    )] = None,
    as_json: AS_JSON = False,
) -> None:
    """Compare two on the films they share, by subset: paired tests per finding, Holm's correction, the mean.

    p is DeLong's, which takes films as independent; "by patient" is the one to conclude from.
    """
    from cxr_core.evaluation.comparison import compare as compare_results, shared_subsets
    from cxr_core.evaluation.store import find_stored
    from cxr_core.models.weights import weights_folder

    one, other = (find_stored(name, weights_folder()).read() for name in (first, second))
    parts = shared_subsets(one, other, _one_of(one, subset) if subset else None)
    told = {part.name: compare_results(part.first, part.second) for part in parts}
    origins = {"first": one.provenance, "second": other.provenance}
    warnings = [f"{made.model}: {made.warning}." for made in origins.values() if made and made.warning]
    if as_json:
        each = {name: _comparison(compared, len(one), len(other)) for name, compared in told.items()}
        chosen = parts[0].name
        marks = {
            "leaky": any(made.leaky for made in origins.values() if made),
            "overlap": {place: made.overlap if made else None for place, made in origins.items()},
            "remarks": warnings,
        }
        print_json({"subset": chosen, **marks, **each[chosen], "subsets": each})
        return
    for line in warnings:
        print(line)
    print(f"{first} has {counted(len(one), 'film')}, {second} {len(other):,}.")
    for name, compared in told.items():
        _print_comparison(name, compared, first, second)


def _print_comparison(name: str, told: Comparison, first: str, second: str) -> None:
    from cxr_core.render.html_table import p_value

    shared = "is shared" if told.n == 1 else "are shared"
    print(f"{name}: {counted(told.n, 'film')} of {counted(told.patients, 'patient')} {shared}")
    wide, other = (max(20, len(one) + 2) for one in (first, second))
    print(f"{'':22}{'+':>6}{first:>{wide}}{second:>{other}}{'difference':>12}{'z':>8}{'p':>8}{'Holm':>8}"
          f"{'by patient':>12}{'Holm':>8}")
    for row in told.findings:
        tested = f"{_dash(row.z, '.2f'):>8}{p_value(row.p):>8}{p_value(row.corrected):>8}"
        tested += f"{p_value(row.p_patient):>12}{p_value(row.p_patient_holm):>8}"
        print(
            f"{title_of(row.finding):22}{row.positives:>6,}{row.first:>{wide}.3f}{row.second:>{other}.3f}"
            f"{row.difference:>+12.3f}{tested}{f'  {row.why_untested}' if row.why_untested else ''}"
        )
    print(told.sentence())


def _dash(value: float, places: str) -> str:
    return format(value, places) if not math.isnan(value) else "–"


def print_summary(told: Results, summaries: list[SubsetSummary] | None = None) -> None:
    """Print what results come to, a table a subset; a dash where there is nothing to measure."""
    from cxr_core.evaluation.summary import names_of, summarise

    for one in summaries if summaries is not None else [summarise(told, name) for name in names_of(told)]:
        over = mean_over([row.finding for row in one.findings if not math.isnan(row.auc)])
        films = f"{counted(one.n, 'film')} of {counted(one.patients, 'patient')}"
        print(f"{one.name}: mean AUC {_span(one.mean_auc, one.interval)}{over and f', {over}'}, {films}")
        for row in one.findings:
            print(f"    {title_of(row.finding):22}{_span(row.auc, row.interval):>24}   {row.positives:,} positive")
        if one.confusion is not None:
            print("\n".join(f"    {line}" for line in confusion_in_words(one.confusion)))
    if told.provenance is not None:
        print("\n".join(told.provenance.in_words))


def confusion_in_words(told: Confusion) -> list[str]:
    """Accuracy, then a row for each true class: what its films are called, and how often that is right."""
    heads = "".join(f"{key:>14}" for key in told.classes)
    lines = [told.in_words, f"{'true, called':22}{heads}{'sensitivity':>26}"]
    for key, row in zip(told.classes, told.counts, strict=True):
        counts, own = "".join(f"{count:>14,}" for count in row), told.sensitivity.get(key)
        span = f"{own.value:.1%} ({own.low:.1%} to {own.high:.1%})" if own else "–"
        lines.append(f"{key:22}{counts}{span:>26}")
    return lines


def _span(value: float, interval: tuple[float, float]) -> str:
    if math.isnan(value):
        return "–"
    from cxr_core.render.html_table import number

    low, high = interval
    return f"{number(value)} ({'no interval' if math.isnan(low) else f'{number(low)} to {high:.3f}'})"


def _one_of(told: Results, name: str) -> str:
    """`name` if the results have a subset of this name; ResultsError names those they have."""
    from cxr_core.errors import ResultsError
    from cxr_core.evaluation.summary import names_of

    if name not in names_of(told):
        raise ResultsError(f"{told.model_id} has no films of {name!r}. It has {', '.join(names_of(told))}.")
    return name


def _in_short(stored: Stored, told: Results) -> dict[str, Any]:
    assert told.provenance is not None
    counts = told.films["subset"].value_counts(sort=False)
    return {
        "id": stored.id,
        "kind": told.provenance.kind,
        "model": told.provenance.model,
        "n": len(told),
        "subsets": {name: int(counts[name]) for name in told.subsets},
        "findings": list(told.findings),
        "label_version": told.label_version,
        "date": told.provenance.date or None,
        "leaky": told.provenance.leaky,
        "overlap": told.provenance.overlap,
        "problem": None,
    }


def _mark(row: dict[str, Any]) -> str:
    """Why the figures of listed results are too good, in a word or four."""
    if row["leaky"]:
        return "LEAKY, "
    return f"{row['overlap']:,} PATIENTS LEARNT FROM, " if row["overlap"] else ""


def _as_object(summary: SubsetSummary) -> dict[str, Any]:
    return {
        "n": summary.n,
        "patients": summary.patients,
        "mean_auc": summary.mean_auc,
        "interval": list(summary.interval),
        "findings": {
            one.finding: {
                "n": one.n,
                "positives": one.positives,
                "auc": one.auc,
                "interval": list(one.interval),
                "delong": list(one.delong),
            }
            for one in summary.findings
        },
        **({} if summary.confusion is None else {"confusion": dataclasses.asdict(summary.confusion)}),
    }


def _comparison(told: Comparison, first: int, second: int) -> dict[str, Any]:
    return {
        "first": told.first,
        "second": told.second,
        "shared": told.n,
        "patients": told.patients,
        "films": {"first": first, "second": second},
        "mean_difference": told.mean_difference,
        "interval": [told.low, told.high],
        "sentence": told.sentence(),
        "other_labels": list(told.other_labels),
        "findings": {
            one.finding: {
                "n": one.n,
                "positives": one.positives,
                "first": one.first,
                "second": one.second,
                "difference": one.difference,
                "z": one.z,
                "p": one.p,
                "p_holm": one.corrected,
                "p_patient": one.p_patient,
                "p_patient_holm": one.p_patient_holm,
                "not_tested": one.why_untested or None,
            }
            for one in told.findings
        },
    }
