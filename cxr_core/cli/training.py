"""`train` and `ship`: the long commands."""

from __future__ import annotations

import functools
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cxr_core.cli.choice import TableOption
from cxr_core.cli.output import progress_bar
from cxr_core.errors import TrainingError, TrainingStopped
from cxr_core.models.registry import find_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxr_core.models.spec import ModelSpec

Precision = Literal["float32", "mixed_bfloat16", "mixed_float16"]
Which = Literal["one", "all"]
Hold = Literal["auto", "memory", "disk"]


def train(
    recipe: Annotated[str, typer.Argument(help="A recipe, named by its model id.")],
    run: Annotated[Path | None, typer.Option(help="Run folder; runs/<recipe> by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from where the run folder's run was left.")] = False,
    data: Annotated[Path | None, typer.Option(
        help="The data set to train on, a folder or a table of films; the recipe's own by default.",
    )] = None,
    table: TableOption = None,
    only: Annotated[Path | None, typer.Option(
        help="Train and validate on the films alone that this CSV names, or a named selection of the Dataset page.",
    )] = None,
    settings: Annotated[list[str] | None, typer.Option(
        "--set", metavar="NAME=VALUE",
        help="Change a value of the recipe: batch=64, stages.0.epochs=2, stages.epochs=1 for all; repeatable.",
    )] = None,
    published: Annotated[bool, typer.Option(
        "--as-published", help="All films at full size, as the recipe's paper has it; for its films and a GPU.",
    )] = False,
    precision: Annotated[Precision | None, typer.Option(help="Short for --set precision=...")] = None,
    devices: Annotated[Which, typer.Option(help="Train on one GPU, or on all of this machine.")] = "one",
    films: Annotated[
        Hold, typer.Option(help="Hold films in memory, or read them as drawn; auto: as they fit.")
    ] = "auto",
    cache: Annotated[Path | None, typer.Option(
        file_okay=False, help="A folder for decoded films, where they do not fit in memory: one file a set and size.",
    )] = None,
    coordinator: Annotated[str | None, typer.Option(
        metavar="HOST:PORT", help="Train on several machines, under JAX: an address of the first that all reach.",
    )] = None,
    machines: Annotated[int, typer.Option(min=1, help="How many machines; each is given the same command.")] = 1,
    machine: Annotated[int, typer.Option(min=0, help="Which one this is; 0 writes the run folder, all read it.")] = 0,
    tensorboard: Annotated[bool, typer.Option(help="Write TensorBoard logs to the run folder.")] = True,
) -> None:
    """Train a model on the train split, choosing on val; history and checkpoints go to the run folder.

    Ctrl-C stops after the batch with exit status 130; --resume then gives the result of a run that was not stopped.
    """
    from cxr_core.datasets.subset import only_films
    from cxr_core.training.as_published import as_published
    from cxr_core.training.data import read_split
    from cxr_core.training.devices import Machines, slow_here, use_devices
    from cxr_core.training.fit import train as fit
    from cxr_core.training.overrides import override
    from cxr_core.training.pipeline import Storage
    from cxr_core.training.recipes import find_recipe
    from cxr_core.training.stopping import Stop

    if machines > 1 and not coordinator:
        raise TrainingError("Several machines need --coordinator HOST:PORT, an address of the first that all reach.")
    paper = as_published(recipe) if published else None
    begun = paper.recipe if paper else find_recipe(recipe)
    plan = override(begun, [*(settings or ()), *([f"precision={precision}"] if precision else ())])
    folder = run or Path("runs") / recipe
    with Stop() as stop, progress_bar() as progress:
        if paper:
            progress.console.print(paper.in_words)
        if slow := slow_here(plan.precision):
            progress.console.print(slow)
        index = read_split(plan, data, progress.console.print, table=table)
        index = only_films(index, only, ("train", "val")) if only else index
        task = progress.add_task(f"Training {recipe}", total=plan.epochs)

        def told(row: dict) -> None:
            progress.update(task, completed=row["epoch"])
            right = f", val accuracy {row['val_accuracy']:.1%}" if "val_accuracy" in row else ""
            progress.console.print(
                f"epoch {row['epoch']} of {plan.epochs}: loss {row['loss']:.4f}, val AUC {row['val_auc']:.4f}{right}, "
                f"{row['seconds']:.0f} s"
            )

        spoken = time.monotonic()

        def advanced(epochs: float, loss: float) -> None:
            nonlocal spoken
            progress.update(task, completed=epochs, description=f"Training {recipe}, loss {loss:.3f}")
            if not progress.console.is_terminal and time.monotonic() - spoken > 60:  # a log file shows no bar
                spoken = time.monotonic()
                progress.console.print(f"{epochs:.2f} of {plan.epochs} epochs done, loss {loss:.4f}")

        try:
            with use_devices(devices, Machines(coordinator, machines, machine) if coordinator else None) as share:
                if share.devices > 1:
                    progress.console.print(f"{share.devices} devices share each batch.")
                fit(plan, index, folder, resume=resume, on_epoch=told, on_batch=advanced, stop=stop,
                    tensorboard=tensorboard, share=share, storage=Storage(films, cache), say=progress.console.print)
        except TrainingStopped as stopped:
            progress.console.print(f"{stopped} Go on with the same command and --resume.")
            raise typer.Exit(128 + stop.asked) from None
    print(folder / "best.weights.h5")


def ship(
    model: Annotated[str, typer.Argument(help="The recipe's model id.")],
    run: Annotated[Path | None, typer.Option(help="Its run folder; runs/<model> by default.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write; weights/<model> by default.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="The data set that it was trained on with --data; the recipe's own by default.")
    ] = None,
    table: TableOption = None,
    hardware: Annotated[str | None, typer.Option(help="What it was trained on, for the card.")] = None,
    calibrate_again: Annotated[bool, typer.Option(
        "--recalibrate", help="No run: calibrate the shipped weights anew on val; no film of test is scored again.",
    )] = False,
    measure_again: Annotated[bool, typer.Option(
        "--remeasure", help="No run: the shipped card's intervals anew from its stored results; no film is scored.",
    )] = False,
) -> None:
    """Ship a finished run or an ensemble: float16 weights, calibration on val, one scoring of test, card, results."""
    from cxr_core.training.assess import assess
    from cxr_core.training.assess_ensemble import assess_ensemble
    from cxr_core.training.data import read_data, read_split
    from cxr_core.training.recipes import find_recipe
    from cxr_core.training.record import BEST, missing_epochs, read_recipe

    spec, told = find_spec(model), functools.partial(print, file=sys.stderr)
    given = {"--run": run, "--data": data, "--table": table, "--hardware": hardware}
    _refuse_unheard(spec, [name for name, value in given.items() if value is not None], calibrate_again, measure_again)
    if measure_again:
        from cxr_core.training.remeasure import remeasure

        card = remeasure(spec, out)
    elif calibrate_again:
        from cxr_core.training.recalibrate import recalibrate

        card = recalibrate(spec, read_split(find_recipe(model), data, told, table=table), out)
    elif spec.members:
        card = assess_ensemble(spec, read_data(find_recipe(spec.members[0])), out)
    else:
        folder = run or Path("runs") / model
        recipe = read_recipe(folder) or find_recipe(model)
        if recipe.model_id != model:
            raise TrainingError(f"{folder} is a run of {recipe.model_id}, not of {model}. Name its own model.")
        if (missing := missing_epochs(folder, recipe)) and (folder / BEST).is_file():
            print(f"{missing} of {recipe.epochs} epochs are missing: its best one so far ships.", file=sys.stderr)
        card = assess(
            recipe, read_split(recipe, data, told, table=table), folder, out=out,
            hardware=hardware or f"{os.cpu_count()} CPU cores", data=data.resolve().name if data else "",
        )
    for subset in card.subsets:
        span = f"{subset.low:.3f} to {subset.high:.3f}"
        print(f"{subset.name}: mean AUC {subset.mean_auc:.3f} ({span}), {subset.n} films")
    if card.classes:
        print("\n".join([*(one.in_words for one in card.classes.confusions), card.classes.audit.in_words]))


def _refuse_unheard(spec: ModelSpec, given: Sequence[str], calibrate_again: bool, measure_again: bool) -> None:
    """Refuse options that this way of shipping would not listen to.

    Raises
    ------
    TrainingError
    """
    if calibrate_again and measure_again:
        raise TrainingError("--recalibrate and --remeasure are two commands. Give one of them, then the other.")
    heard, way = ("--run", "--data", "--table", "--hardware"), ""
    if measure_again:
        heard, way = (), "--remeasure takes the intervals from the stored results and reads no film"
    elif calibrate_again:
        heard, way = ("--data", "--table"), "--recalibrate calibrates the shipped weights and knows no run"
    elif spec.members:
        heard, way = (), f"{spec.id} is an ensemble: it has no run, and is measured on its members' own data"
    if unheard := [name for name in given if name not in heard]:
        raise TrainingError(f"{way}. Leave out {' and '.join(unheard)}.")
