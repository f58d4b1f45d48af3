"""The command line: predict, explain, models, train, ship, evaluate, evaluate-boxes, results, weights, data, bench.

Results go to stdout and nothing else does; progress and problems go to stderr. The exit status is 0
when all went well, 1 when a film could not be read or was refused an explanation, 2 when the command
itself could not be done.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import typer

from cxr_core.cli import boxes, evaluate, explain, models, predict, training
from cxr_core.cli.bench import bench
from cxr_core.cli.data import data
from cxr_core.cli.results import results
from cxr_core.cli.results_import import import_results
from cxr_core.cli.weights import weights
from cxr_core.errors import CxrError, FilmError, FilmRefused

app = typer.Typer(
    help="Read chest films, explain the readings, train and judge the models. For research, not for diagnosis.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(predict.predict)
app.command()(explain.explain)
app.command()(models.models)
app.command()(training.train)
app.command()(training.ship)
app.command()(evaluate.evaluate)
app.command("evaluate-boxes")(boxes.evaluate_boxes)
app.add_typer(bench, name="bench")
app.add_typer(data, name="data")
results.command("import")(import_results)
app.add_typer(results, name="results")
app.add_typer(weights, name="weights")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; a CxrError becomes its message on stderr."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # read by TensorFlow when it is first imported
    try:
        app(args=None if arguments is None else list(arguments), prog_name="python -m cxr_core")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except CxrError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1 if isinstance(problem, FilmError | FilmRefused) else 2
    return 0
