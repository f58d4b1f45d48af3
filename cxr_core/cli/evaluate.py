"""`evaluate`: score the films of a data set, and store what came of it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cxr_core.cli.choice import TableOption
from cxr_core.cli.engine import Address, Engine, EngineOption, Workers, refuse_without_ray, run
from cxr_core.cli.output import progress_bar
from cxr_core.errors import DataError, ResultsError

if TYPE_CHECKING:
    from cxr_core.datasets.index import Index
    from cxr_core.datasets.parts import Part
    from cxr_core.datasets.sources import Source
    from cxr_core.evaluation.provenance import Provenance
    from cxr_core.evaluation.scoring import Scored
    from cxr_core.models.card import Card
    from cxr_core.models.spec import ModelSpec

_TOLD = 20  # unreadable films that are named one by one


def evaluate(
    model: Annotated[str, typer.Argument(help="Model id; it must have weights.")],
    data: Annotated[
        Path,
        typer.Option(help="A data set: a folder, as for `data check`, or a table of films that lie where it does."),
    ],
    split: Annotated[
        list[str], typer.Option(help="official, test, val, all, or a part of the data set's own; repeatable.")
    ],
    table: TableOption = None,
    out: Annotated[Path | None, typer.Option(help="Write to this Parquet file instead of the stored results.")] = None,
    name: Annotated[
        str | None, typer.Option(help="What the results are known by; made of model, folder and split by default.")
    ] = None,
    min_source: Annotated[
        int, typer.Option(min=0, help="Leave out films whose source had fewer pixels across, where that is known.")
    ] = 128,
    only: Annotated[
        Path | None, typer.Option(help="Only films that this CSV names, or a named selection of the page asks for.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite results of the same name.")] = False,
    engine: EngineOption = Engine.local,
    workers: Workers = None,
    address: Address = None,
) -> None:
    """Score a data set's films and store the results. Exit 1 if one could not be read or scored: the others are."""
    from cxr_core.cli.results import print_summary
    from cxr_core.datasets.parts import choose_films, labelled_findings
    from cxr_core.datasets.sources import folder_and_table, open_source
    from cxr_core.datasets.subset import only_films
    from cxr_core.evaluation.results import read_results
    from cxr_core.evaluation.store import file_of
    from cxr_core.evaluation.writer import ResultsWriter, refuse_existing
    from cxr_core.models.card import load_card
    from cxr_core.models.registry import find_spec
    from cxr_core.models.weights import find_weights

    refuse_without_ray(engine, workers, address)
    spec = find_spec(model)
    card = load_card(find_weights(spec))
    file = out or file_of(name or default_name(model, data, [*split, *([plain_name(only.stem)] if only else ())]))
    refuse_existing(file, force)
    source = open_source(data, table=table)
    if source.report.in_words:
        print(source.report.in_words, file=sys.stderr)
    part = choose_films(source, tuple(split), min_source=min_source)
    if part.left_out:
        print(
            f"{part.left_out:,} films of a source under {min_source} px are left out; --min-source 0 keeps them.",
            file=sys.stderr,
        )
    if only is not None:
        part = replace(part, index=only_films(part.index, only), split=f"{part.split}, the films of {only.name}")
    labelled = _told_by_labels(spec, part.index, labelled_findings(source))
    if not set(labelled) & set(card_findings(card)):
        silent = f"The labels of {data.name} speak of none of {model}'s findings"
        if out is None:  # among the stored results they would be the ones that no page and no command can read
            raise DataError(f"{silent}: nothing could be measured. Name labels with --table, or --out FILE for the "
                            "scores alone.")
        print(f"{silent}: scores are stored, and no figure.", file=sys.stderr)
    unread = 0
    if spec.clinical:
        part = replace(part, index=_with_history(part.index, source, folder_and_table(data, table)[1]))
    with ResultsWriter(file, overwrite=force) as writer, progress_bar() as progress:
        task = progress.add_task("Scoring films", total=len(part.index))
        for scored in _score(part.index, card, labelled, engine, workers, address):
            writer.write(scored.results)
            for film in scored.unread:
                unread += 1
                if unread <= _TOLD:
                    progress.console.print(
                        f"not scored: {film.path}: {film.reason}", markup=False, highlight=False, soft_wrap=True
                    )
            progress.update(task, advance=len(scored.results) + len(scored.unread))
        if not len(writer):
            raise ResultsError(
                f"None of the {unread:,} films could be read and scored; the reasons stand above. Check them: "
                f"python -m cxr_core data check {data}."
            )
        asked = command_of(card.model.id, data, split, table=table, only=only, min_source=min_source)
        writer.finish(provenance_of(card, source, part, asked, unread))
    print(file)
    if set(labelled) & set(card_findings(card)):
        print_summary(read_results(file))
    if unread:
        print(f"{unread:,} of {len(part.index):,} films could not be read or scored and are left out.", file=sys.stderr)
        raise typer.Exit(1)


def _score(
    index: Index, card: Card, labelled: tuple[str, ...], engine: Engine, workers: int | None, address: str | None
) -> Iterator[Scored]:
    """The films' scores in their order, from the engine that was chosen."""
    if engine is Engine.local:
        from cxr_core.evaluation.scoring import score_index
        from cxr_core.models.classifier import load_classifier  # TensorFlow: only once there is something to score

        return score_index(index, load_classifier(card.model.id), labelled=labelled)
    from cxr_core.engines.index import ScoreIndex, parts_of

    return run(ScoreIndex(card.model.id, card.weights.sha256, labelled), parts_of(index), engine, workers, address)


def _told_by_labels(spec: ModelSpec, index: Index, labelled: tuple[str, ...]) -> tuple[str, ...]:
    """The findings that the labels speak of: of exclusive classes all, where each film has exactly one of them."""
    if spec.exclusive and (index.targets(spec.findings).sum(axis=1) == 1).all():
        return tuple(dict.fromkeys((*labelled, *spec.findings)))
    return labelled


def _with_history(index: Index, source: Source, table: Path | None) -> Index:
    """The films with the findings of their patients' earlier films; where these cannot be known, that is said.

    They are NIH's label file's: the one that was named, or else the one in the films' folder.
    """
    from cxr_core.datasets.history import unknown_histories, with_history
    from cxr_core.datasets.nih_table import read_entries

    try:
        named = table is not None and source.kind == "nih"
        index = with_history(index, read_entries(table).table if named else None)
    except DataError as problem:
        print(f"The history of the films is unknown to the model. {problem}", file=sys.stderr)
        return index
    if words := unknown_histories(index):
        print(words, file=sys.stderr)
    return index


def plain_name(text: str) -> str:
    """A text as a part of a results' name."""
    return "".join(one if one.isalnum() and one.isascii() else "-" for one in text).strip("-") or "films"


def default_name(model: str, data: Path, split: list[str]) -> str:
    """Model, folder or table, and parts as one name."""
    folder = plain_name(data.resolve().name.split(".")[0] if data.is_file() else data.resolve().name)
    return f"{model}.{folder[:24]}.{'-'.join(split)[:24]}"


def card_findings(card: Card) -> tuple[str, ...]:
    """The model's outputs, in order."""
    return tuple(finding.key for finding in card.findings)


def command_of(
    model: str, data: Path, split: list[str], *, table: Path | None, only: Path | None, min_source: int
) -> str:
    """The command whose scores these are, whatever does the work; of files and folders the name alone."""
    said = [f"python -m cxr_core evaluate {model} --data {shlex.quote(data.resolve().name)}"]
    said += [f"--split {shlex.quote(name)}" for name in split]
    said += [f"--{option} {shlex.quote(file.name)}" for option, file in (("table", table), ("only", only)) if file]
    return " ".join([*said, f"--min-source {min_source}"])


def provenance_of(card: Card, source: Source, part: Part, command: str, unread: int) -> Provenance:
    """Where these results come from; the digest of the films is added when they are written."""
    from cxr_core.datasets.parts import label_file
    from cxr_core.datasets.sources import TITLES
    from cxr_core.evaluation.provenance import Provenance, installed_versions, now
    from cxr_core.training.patients import patients_of, training_patients

    learnt = training_patients(card)
    shared = None
    if learnt is not None and source.knows_patients:
        shared = len(learnt & patients_of(part.index, source.kind))
    return Provenance(
        "evaluated",
        card.model.id,
        card.weights.sha256,
        TITLES[source.kind],
        part.split,
        "",
        label_file(source),
        shared,
        unread,
        command,
        installed_versions(),
        now(),
    )
