"""`train`, `evaluate` and `bench`: the long commands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from cxr_core.cli.choice import choose_model
from cxr_core.cli.output import progress_bar


def train(
    recipe: Annotated[str, typer.Argument(help="A recipe, named by its model id.")],
    run: Annotated[Path | None, typer.Option(help="Run folder; runs/<recipe> by default.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the run folder's last checkpoint.")] = False,
) -> None:
    """Train a model on the train split, choosing on val; history and checkpoints go to the run folder."""
    from cxr_core.datasets.nih_small import read_nih_small
    from cxr_core.training.fit import train as fit
    from cxr_core.training.recipes import find_recipe

    plan = find_recipe(recipe)
    index = read_nih_small()
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


def evaluate(
    recipe: Annotated[str, typer.Argument(help="A recipe that was trained, named by its model id.")],
    run: Annotated[Path | None, typer.Option(help="Run folder; runs/<recipe> by default.")] = None,
) -> None:
    """Make weights/<id>/ from a run: weights, calibration on val, figures on test and test_wide, card."""
    from cxr_core.datasets.nih_small import read_nih_small
    from cxr_core.training.assess import assess
    from cxr_core.training.recipes import find_recipe

    card = assess(find_recipe(recipe), read_nih_small(), run or Path("runs") / recipe, hardware=f"{os.cpu_count()} CPU cores")
    for subset in card.subsets:
        print(f"{subset.name}: mean AUC {subset.mean_auc:.3f} ({subset.low:.3f} to {subset.high:.3f}), {subset.n} films")


def bench(
    model: Annotated[str | None, typer.Option(help="Model id; the first trained one by default.")] = None,
) -> None:
    """Time Integrated Gradients against the plain way; compare ratios on one machine only."""
    from cxr_core import bench as timing

    timing.main(choose_model(model))
