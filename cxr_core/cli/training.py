"""`train`, `ship` and `bench`: the long commands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cxr_core.cli.output import progress_bar
from cxr_core.models.registry import find_spec


def train(
    recipe: Annotated[str, typer.Argument(help="A recipe, named by its model id.")],
    run: Annotated[Path | None, typer.Option(help="Run folder; runs/<recipe> by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the run folder's last checkpoint.")] = False,
) -> None:
    """Train a model on the train split, choosing on val; history and checkpoints go to the run folder."""
    from cxr_core.training.data import read_data
    from cxr_core.training.fit import train as fit
    from cxr_core.training.recipes import find_recipe

    plan = find_recipe(recipe)
    index = read_data(plan)
    folder = run or Path("runs") / recipe
    with progress_bar() as progress:
        task = progress.add_task(f"Training {recipe}", total=plan.epochs)

        def told(row: dict) -> None:
            progress.update(task, completed=row["epoch"])
            progress.console.print(
                f"epoch {row['epoch']}: loss {row['loss']:.4f}, val AUC {row['val_auc']:.4f}, {row['seconds']:.0f} s"
            )

        fit(plan, index, folder, resume=resume, on_epoch=told)
    print(folder / "best.weights.h5")


def ship(
    model: Annotated[str, typer.Argument(help="The recipe's model id.")],
    run: Annotated[Path | None, typer.Option(help="Its run folder; runs/<model> by default.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write; weights/<model> by default.")] = None,
    hardware: Annotated[str | None, typer.Option(help="What it was trained on, for the card.")] = None,
) -> None:
    """Ship a finished run: float16 weights, calibration on val, one scoring of test, card and results."""
    from cxr_core.training.assess import assess
    from cxr_core.training.data import read_data
    from cxr_core.training.recipes import find_recipe

    recipe = find_recipe(model)
    folder = run or Path("runs") / model
    card = assess(recipe, read_data(recipe), folder, hardware=hardware or f"{os.cpu_count()} CPU cores", out=out)
    for subset in card.subsets:
        print(f"{subset.name}: mean AUC {subset.mean_auc:.3f} ({subset.low:.3f} to {subset.high:.3f}), {subset.n} films")
    if card.classes:
        print("\n".join([*(one.in_words for one in card.classes.confusions), card.classes.audit.in_words]))


def bench(
    model: Annotated[str, typer.Option(help="Model id; its network is timed with random weights.")] = "inceptionv3-299-nih15",
    captum: Annotated[Path | None, typer.Option(help="Python of an environment with torch, torchvision, captum.")] = None,
    pages: Annotated[bool, typer.Option("--pages", help="Time the pages in Chromium instead.")] = False,
) -> None:
    """Time Integrated Gradients against captum and the plain way; read the ratios, on one machine only."""
    if pages:
        from cxr_core.bench import pages as reading_room

        return reading_room.main()
    from cxr_core.bench import attribution

    attribution.main(find_spec(model).id, captum)
