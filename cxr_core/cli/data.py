"""`data`: check a data set, count it, download one, write TFRecords."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from cxr_core.cli.choice import TableOption
from cxr_core.cli.output import print_json, progress_bar, whole_file
from cxr_core.errors import ExportError
from cxr_core.folders import make_folder
from cxr_core.words import counted

data = typer.Typer(help="Data sets: check one, download one, write TFRecords.", no_args_is_help=True)

download = typer.Typer(help="Fetch a data set from where it is published.", no_args_is_help=True)
data.add_typer(download, name="download")

_SHOWN = 5  # of each kind of trouble; --json has them all


@data.command()
def check(
    folder: Annotated[
        Path, typer.Argument(
            help="A folder: NIH ChestX-ray14, its 5% sample, CoronaHack, COVID-19 films, or TFRecords; or a table of "
            "films, CSV or Parquet, that lie where it does."
        ),
    ],
    table: TableOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, with all that was found.")] = False,
) -> None:
    """Say what a data set holds, what is missing, broken or doubled, and what to do. Exit 1 if a film is broken."""
    from cxr_core.datasets.check import check_source
    from cxr_core.datasets.sources import open_source

    source = open_source(folder, table=table)
    with progress_bar() as progress:
        task = progress.add_task("Reading films", total=len(source.index))
        found = check_source(source, lambda done, _: progress.update(task, completed=done))
    if as_json:
        print_json(dataclasses.asdict(found) | {"advice": found.advice})
    else:
        print(_in_words(found))
    if found.is_broken:
        raise typer.Exit(1)


@data.command()
def summarise(
    folder: Annotated[Path, typer.Argument(help="A data set, as for `data check`, or its tables alone.")],
    table: TableOption = None,
    out: Annotated[Path, typer.Option(help="The Parquet file to write.")] = Path("summary.parquet"),
    name: Annotated[str, typer.Option(help="What to call it; the data set's own name by default.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Count a data set by findings, age, sex, view, follow-up, split and boxes: no film, no patient in it."""
    from cxr_core.datasets.nih import find_tables, read_nih
    from cxr_core.datasets.sources import TITLES, open_source
    from cxr_core.datasets.summary import save_summary, summarise as count

    if out.exists() and not force:  # said before a hundred thousand films are counted
        raise ExportError(f"{out} is there already. Name another file, or add --force.")
    if table is None and find_tables(folder):  # NIH's tables are enough: its films need not be there
        index, title = read_nih(folder, need_films=False)[0], "NIH ChestX-ray14"
    else:
        source = open_source(folder, table=table, need_films=False)
        index, title = source.index, TITLES[source.kind]
    summary = count(index, name or title)
    with whole_file(out) as handle:
        save_summary(summary, handle)
    print(f"{out}: {counted(summary.films, 'film')} of {counted(summary.patients, 'patient')}, "
          f"{counted(len(summary.cube), 'kind')}")


@data.command()
def tfrecord(
    source: Annotated[Path, typer.Argument(help="A data set, as for `data check`.")],
    out: Annotated[Path, typer.Argument(help="The folder to write to; one that was begun is gone on with.")],
    size: Annotated[int, typer.Option(min=16, max=4096, help="Side of the films, in px.")] = 600,
    shards: Annotated[int, typer.Option(min=1, help="How many files.")] = 256,
    table: TableOption = None,
) -> None:
    """Write a data set as TFRecords, in the form of Kaggle's NIH set. Exit 1 if a film could not be read."""
    from cxr_core.datasets.sources import open_source
    from cxr_core.training.tfrecord_writer import write_tfrecords

    found = open_source(source, table=table)
    if found.report.in_words:
        print(found.report.in_words, file=sys.stderr)
    with progress_bar() as progress:
        task = progress.add_task("Writing films", total=len(found.index))
        done = write_tfrecords(
            found.index, out, size=size, shards=shards, on_films=lambda films: progress.update(task, completed=films)
        )
    for film in done.left_out:
        print(f"{film.path}: {film.reason}", file=sys.stderr)
    left = f", {len(done.left_out):,} left out" if done.left_out else ""
    files = counted(done.written, "file")
    print(f"{out}: {counted(done.films, 'film')}{left}; {files} written, {done.verified} found whole")
    if done.left_out:
        raise typer.Exit(1)


@data.command()
def embed(
    model: Annotated[str, typer.Argument(help="Model id; it must have weights.")],
    folder: Annotated[Path, typer.Option("--data", help="A data set, as for `data check`.")],
    table: TableOption = None,
    anew: Annotated[bool, typer.Option("--anew", help="Throw away the vectors that are there of these films.")] = False,
) -> None:
    """Make the index of similar films: a vector each; Ctrl-C, and again, goes on. Exit 1 if a film is broken."""
    from cxr_core.datasets.collection import film_bytes, open_collection
    from cxr_core.models.card import load_card
    from cxr_core.models.registry import find_spec
    from cxr_core.models.weights import find_weights
    from cxr_core.similar.embed import PART, embed_films

    load_card(find_weights(find_spec(model)))  # what is missing is told before the films are looked at
    films = open_collection(folder, table)
    with progress_bar() as progress:
        task = progress.add_task("Loading the model", total=len(films))
        from cxr_core.models.classifier import load_classifier

        classifier = load_classifier(model)
        try:
            made = embed_films(
                films.index, lambda place: film_bytes(films, place), classifier, anew=anew,
                on_step=lambda done, _: progress.update(task, completed=done, description="Films"),
            )
        except KeyboardInterrupt:
            print(f"Stopped. Whole parts of {PART} films are kept; the same command goes on there.", file=sys.stderr)
            raise typer.Exit(130) from None
    for film in made.unread:
        print(f"{film.path}: {film.reason}", file=sys.stderr)
    left = f", {len(made.unread):,} cannot be read and are left out" if made.unread else ""
    again = f"; {made.there_before:,} were there" if made.there_before else ""
    print(f"{made.file}: vectors of {counted(made.films, 'film')}{left}{again}")
    if made.unread:
        raise typer.Exit(1)


@download.command()
def nih(
    out: Annotated[Path, typer.Argument(help="The folder to fetch into; parts that are there are gone on with.")],
    only: Annotated[list[int] | None, typer.Option(min=1, help="Only the archive of this number; repeatable.")] = None,
    unpacked: Annotated[bool, typer.Option("--unpack", help="Unpack each archive into images_0xx once whole.")] = False,
    list_file: Annotated[Path | None, typer.Option(
        "--list", exists=True, dir_okay=False,
        help="Fetch these files instead of NIH's 12 archives: one a line: url, MD5 or SHA-256, size in bytes, and a "
        "file name if it is not the last part of the url. For a mirror, or when NIH moves them: its "
        "batch_download_zips.py has the addresses, its FAQ the MD5s.",
    )] = None,
    tries: Annotated[int, typer.Option(min=1, help="How often the server may fail in a row.")] = 8,
    wait: Annotated[float, typer.Option(min=0, help="Seconds before the second try; doubled after each.")] = 2.0,
) -> None:
    """Fetch the 12 archives of NIH ChestX-ray14 (45 GB), resumed and held against NIH's checksums."""
    from cxr_core.datasets.archives import is_archive, room_for, unpack
    from cxr_core.datasets.download import HOME, NIH_ARCHIVES, fetch, read_list
    from cxr_core.errors import DataError

    archives = read_list(list_file) if list_file else NIH_ARCHIVES
    if only and max(only) > len(archives):
        raise DataError(f"There is no archive {max(only)}; there are {len(archives)}.")
    chosen = tuple(archives[number - 1] for number in sorted(set(only))) if only else archives
    make_folder(out)
    room_for(chosen, out, unpacked=unpacked)
    with _bytes_bar() as progress:
        for archive in chosen:
            task = progress.add_task(archive.name, total=archive.size or None)
            file = fetch(
                archive, out, tries=tries, wait=wait, on_trouble=progress.console.print,
                on_bytes=lambda have, total, task=task: progress.update(task, completed=have, total=total or None),
            )
            progress.remove_task(task)
            print(unpack(file) if unpacked and is_archive(file.name) else file)
    if not list_file:
        print(
            "The tables are not in the archives. Put Data_Entry_2017_v2020.csv, train_val_list.txt, test_list.txt and "
            f"BBox_List_2017.csv beside them, from {HOME}, then run: python -m cxr_core data check {out}",
            file=sys.stderr,
        )


def _bytes_bar() -> Progress:
    """A progress bar of bytes on stderr, gone when done."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
        console=Console(file=sys.stderr), transient=True,
    )


def _in_words(found) -> str:
    """The check for a reader at a terminal: counts first, then each trouble with a few examples, then what to do."""
    labels = f", labels of {found.label_version}" if found.label_version else ""
    patients = counted(found.patients, "patient") if found.patients else "patients not known"
    lines = [
        f"{found.folder}: {found.title}{labels}",
        f"{counted(found.films, 'film')} of {patients}",
        "parts: " + ", ".join(f"{part} {n:,}" for part, n in found.parts.items()),
        "findings: " + ", ".join(f"{name} {n:,}" for name, n in found.findings.items()),
        "sizes: " + ", ".join(f"{size} {n:,}" for size, n in list(found.sizes.items())[:_SHOWN])
        + (f" and {len(found.sizes) - _SHOWN} more" if len(found.sizes) > _SHOWN else ""),
        *found.remarks,
        *_some("film is broken", "films are broken", [f"{film.path}: {film.reason}" for film in found.broken]),
        *_some("row has no film", "rows have no film", found.missing_films),
        *_some("film has no row", "films have no row", found.films_without_row),
        *_some("film lies there more than once by name", "films lie there more than once by name",
               [", ".join(one.paths) for one in found.same_name]),
        *_some("time the same pixels under several names", "times the same pixels under several names", [
            ", ".join(one.paths) + (f" (in {' and '.join(one.parts)})" if len(one.parts) > 1 else "")
            for one in sorted(found.same_pixels, key=lambda one: -len(one.parts))
        ]),
        *_some("patient stands in two parts", "patients stand in two parts", found.patients_in_two_parts),
        *(f"-> {advice}" for advice in found.advice),
    ]
    trouble = found.broken or found.missing_films or found.same_name or found.same_pixels or found.advice
    return "\n".join(lines if trouble else [*lines, "Nothing is missing, broken or doubled."])


def _some(one: str, many: str, examples: Sequence[str]) -> list[str]:
    """A heading with the count, and a few examples below it."""
    if not examples:
        return []
    more = [f"    and {len(examples) - _SHOWN:,} more"] if len(examples) > _SHOWN else []
    return [f"{counted(len(examples), one, many)}:", *(f"    {example}" for example in examples[:_SHOWN]), *more]
