"""`train`, `evaluate` and `bench`: the long commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    model: Annotated[str, typer.Argument(help="Model id; its weights must be there.")],
) -> None:
    """Score val, test and test_wide once, and write the figures to the model's card and results.parquet."""
    from cxr_core.evaluation.assess import evaluate_model

    evaluate_model(model)


def bench(
    model: Annotated[str | None, typer.Option(help="Model id; an untrained InceptionV3 at 299 px by default.")] = None,
) -> None:
    """Time Integrated Gradients and say how much memory it takes; compare ratios on one machine only."""
    from cxr_core import bench as timing

    timing.main(model)
