"""The parts of a job as a Ray Data job: over the cores or GPUs of this machine, or of a cluster.

Each part is a block of the data set, done by one of a pool of actors that hold a loaded model. Ray does a block again
when its actor dies, keeps the blocks' order and holds back reading when results are not fetched; that each block came
back once is checked here all the same. (Moritz et al. 2018, arXiv:1712.05889; docs.ray.io, "Ray Data".)
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa

from cxr_core.engines.job import Done, Job, Part
from cxr_core.errors import EngineError

_TRIES = 3  # how often a part is begun anew when its worker dies; then the part itself is what kills it
_PATIENCE = 10.0  # s for a cluster's machine to answer
_STORE = 256 * 1024**2  # bytes of shared memory of a machine of our own: a part is some kilobytes
_CORES_PER_WORKER = 4  # TensorFlow uses four cores well, and each worker has its own copy of the model
_CARRIED = ("CXR_WEIGHTS", "CXR_HOME", "CXR_DATA", "KERAS_BACKEND")
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Pool:
    """The workers: how many, and the cores and GPUs of each."""

    workers: int
    cores: int
    gpus: int


def run_on_ray(
    job: Job[Part, Done], parts: Iterable[Part], *, workers: int | None = None, address: str | None = None
) -> Iterator[Done]:
    """Do the parts on Ray; the results come in the order of the parts, each once.

    Ray prints that a worker died, and prints it on stdout: until the last result is there, `sys.stdout` is stderr.

    Parameters
    ----------
    job : Job
    parts : iterable
        Small ones: they are kept in Ray's store until they are done.
    workers : int, optional
        Processes with a model each; by default one for each GPU, or for every four cores.
    address : str, optional
        A cluster's ("auto", "host:6379"); films, weights and this package must lie at the same paths on its machines.
        Without it a Ray of our own is started on this machine, and ended with the work.

    Raises
    ------
    EngineError
        When Ray is not installed, cannot be reached or has too few cores, or a worker died too often.
    Exception
        What the work itself raised.
    """
    ray = _import_ray()
    with redirect_stdout(sys.stderr), _cluster(ray, workers, address) as pool:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = True
        context.max_consecutive_actor_init_deaths = _TRIES
        warnings.filterwarnings("ignore", message=".*ray_remote_args_fn")  # no other way to `_patience` in 2.60
        blocks = [_block(number, ray.cloudpickle.dumps(part)) for number, part in enumerate(parts)]
        if not blocks:
            return
        done = ray.data.from_arrow(blocks).map_batches(
            _Worker, fn_constructor_args=(ray.cloudpickle.dumps(job), _environment(pool)),
            batch_size=None, batch_format="pyarrow", num_cpus=pool.cores, num_gpus=pool.gpus,
            compute=ray.data.ActorPoolStrategy(size=pool.workers, max_tasks_in_flight_per_actor=2),
            ray_remote_args_fn=_patience,
        )
        try:
            yield from _in_turn(ray, done, len(blocks))
        except ray.exceptions.RayError as problem:
            raise EngineError(
                f"Ray gave up ({type(problem).__name__}): workers died {_TRIES + 1} times on the same films, or could "
                "not begin. Score without --engine ray to see which film it is, or give them more memory; on a cluster "
                "this folder must be on each machine's PYTHONPATH."
            ) from None


class _Worker:
    """One process of the pool; made anew by Ray when it dies."""

    def __init__(self, job: bytes, environment: dict[str, str]) -> None:
        from ray import cloudpickle

        os.environ.update(environment)  # before TensorFlow is imported, which looks at it
        self._job: Job = cloudpickle.loads(job)
        self._work: Callable[[Any], Any] | None = None

    def __call__(self, block: pa.Table) -> pa.Table:
        from ray import cloudpickle

        done = [self._try(cloudpickle.loads(part.as_py())) for part in block["payload"]]
        return pa.table({"number": block["number"], "payload": [cloudpickle.dumps(one) for one in done]})

    def _try(self, part: Any) -> Any:
        """The part's result, or what was raised: Ray would do it again and again, and hide what it was."""
        try:
            if self._work is None:
                self._work = self._job.open()
            return self._work(part)
        except Exception as problem:
            problem.add_note(f"In a worker of Ray:\n{traceback.format_exc()}")
            return _Raised(problem)


@dataclass(frozen=True)
class _Raised:
    """What a worker raised, on its way to the driver."""

    problem: Exception


def _patience() -> dict[str, int]:
    """Any number of workers may die, but the same part is begun only so often."""
    return {"max_restarts": -1, "max_task_retries": _TRIES}


def _block(number: int, payload: bytes) -> pa.Table:
    return pa.table({"number": [number], "payload": [payload]})


def _in_turn(ray: ModuleType, done: Any, count: int) -> Iterator[Any]:
    """The results in the order of the parts; EngineError if one is lost or comes twice."""
    awaited = 0
    for block in done.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1):
        for number, payload in zip(block["number"].to_pylist(), block["payload"].to_pylist(), strict=True):
            if number != awaited:
                raise EngineError(f"Ray gave part {number} where part {awaited} was due. Score again, or without Ray.")
            awaited += 1
            result = ray.cloudpickle.loads(payload)
            if isinstance(result, _Raised):
                raise result.problem
            yield result
    if awaited != count:
        raise EngineError(f"Ray gave {awaited} of {count} parts. Score again, or without Ray.")


@contextmanager
def _cluster(ray: ModuleType, workers: int | None, address: str | None) -> Iterator[Pool]:
    """Ray at work, and the pool it has room for."""
    if ray.is_initialized():
        yield _room(ray, workers)
        return
    folder = Path(tempfile.mkdtemp(prefix="hilum-"))  # Ray's logs and what it spills: gone with the work
    try:
        _start(ray, workers, address, folder)
        yield _room(ray, workers)
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


def _start(ray: ModuleType, workers: int | None, address: str | None, folder: Path) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if address is not None:
            _knock(address)
            ray.init(address=address, **quiet)
            return
        with _findable():
            ray.init(
                address="local", num_cpus=max(os.cpu_count() or 1, workers or 1), include_dashboard=False,
                object_store_memory=_STORE, _temp_dir=str(folder), **quiet,
            )
    except (ConnectionError, ValueError, RuntimeError, OSError, TimeoutError) as problem:
        where = "Ray could not be started on this machine"
        if address is not None:
            where = f"No Ray lets us in at {address!r}; check the address, and RAY_AUTH_TOKEN where it asks for a token"
        raise EngineError(f"{where} ({type(problem).__name__}). Or score without --engine ray.") from None


def _knock(address: str) -> None:
    """OSError at once where nobody listens at host:port: Ray itself would try for many minutes."""
    host, _, port = address.rpartition(":")
    if "://" not in address and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE).close()


@contextmanager
def _findable() -> Iterator[None]:
    """Processes begun here find this package, wherever they stand."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(_ROOT), *([before] if before else [])])
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _room(ray: ModuleType, workers: int | None) -> Pool:
    """A pool that fits: a GPU for each worker where there are GPUs, else the cores shared out."""
    there = ray.cluster_resources()
    gpus, cores = int(there.get("GPU", 0)), int(there.get("CPU", 0))
    most = min(gpus, cores) if gpus else cores
    count = workers or (most if gpus else max(1, cores // _CORES_PER_WORKER))
    if not 1 <= count <= most:
        what = f"{gpus} GPUs and {cores} cores" if gpus else f"{cores} cores"
        raise EngineError(f"There are {what} for {count} workers. Name at most {most} (--workers).")
    return Pool(count, max(1, cores // count) if not gpus else 1, 1 if gpus else 0)


def _environment(pool: Pool) -> dict[str, str]:
    """What a worker is told: where weights lie, and how many cores are its own."""
    from cxr_core.models.weights import weights_folder

    told = {name: os.environ[name] for name in _CARRIED if name in os.environ}
    told |= {"CXR_WEIGHTS": str(weights_folder().resolve()), "TF_CPP_MIN_LOG_LEVEL": "2"}
    if not pool.gpus:
        told |= dict.fromkeys(("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"), str(pool.cores))
    return told


def _import_ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would call home
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
        import ray.data
        from ray import cloudpickle  # noqa: F401
    except ImportError:
        raise EngineError(
            "Ray is not installed. Install it (python -m pip install -r requirements-ray.txt), or score without "
            "--engine ray."
        ) from None
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # its problems come as exceptions
    return ray
