"""One GPU, all of a machine, or those of several, by the libraries' own means.

Under TensorFlow all GPUs of a machine are tf.distribute's MirroredStrategy; under JAX they are keras.distribution's
DataParallel, and several machines are joined by jax.distributed. Keras 3.15 cannot train under TensorFlow's
MultiWorkerMirroredStrategy: `fit` ends with "convert a value (PerReplica ...) to a Tensor" on its first batch
(keras-team/keras, issue 20585).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import keras

from cxr_core.errors import TrainingError
from cxr_core.models.bfloat16 import imitates_bfloat16

Which = Literal["one", "all"]


@dataclass(frozen=True)
class Machines:
    """The machines of a run: `coordinator` (host:port of the first), how many, and which this is, counted from 0."""

    coordinator: str
    count: int
    place: int


@dataclass(frozen=True)
class Share:
    """What this process does of a run: the devices of all processes, the processes, and its place among them."""

    devices: int = 1
    processes: int = 1
    place: int = 0

    @property
    def writes(self) -> bool:
        """Whether this process writes the run folder, that the others only read."""
        return self.place == 0

    def of(self, films: int) -> slice:
        """This process's part of a batch."""
        part = films // self.processes
        return slice(self.place * part, (self.place + 1) * part)

    def wait(self) -> None:
        """Wait until every process is here, for what the first one writes and the others read."""
        if self.processes > 1:
            from jax.experimental.multihost_utils import sync_global_devices

            sync_global_devices("run folder")


@contextmanager
def use_devices(which: Which, machines: Machines | None = None) -> Iterator[Share]:
    """Within it networks are built on, and trained by, one device or all.

    Each step's batch is shared out evenly and gradients are averaged over all of it, so that the result is one
    device's up to rounding, but for batch norms and dropout under TensorFlow: there each device normalises by its own
    share of the batch, and drops alike.

    Raises
    ------
    TrainingError
        When the backend cannot do it, or the machines do not meet.
    """
    backend = keras.backend.backend()
    if machines:
        if backend != "jax":
            raise TrainingError("Several machines are joined under JAX alone: set KERAS_BACKEND=jax on each of them.")
        _join(machines)
        distribution = keras.distribution.DataParallel(auto_shard_dataset=False)  # batches come as this process's part
        with distribution.scope():
            yield Share(distribution.num_model_replicas, machines.count, machines.place)
    elif which == "one":
        yield Share()
    elif backend == "tensorflow":
        import tensorflow as tf

        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
        strategy = tf.distribute.MirroredStrategy([device.name for device in tf.config.list_logical_devices(kind)])
        with strategy.scope():
            yield Share(strategy.num_replicas_in_sync)
    elif backend == "jax":
        distribution = keras.distribution.DataParallel()
        with distribution.scope():
            yield Share(distribution.num_model_replicas)
    else:
        raise TrainingError(f"All devices at once are used under TensorFlow and JAX, not {backend}.")


def slow_here(precision: str) -> str | None:
    """Why training in a dtype policy is slow on this machine, and what to do; None where it is not, or nobody knows."""
    if precision == "float32" or not imitates_bfloat16():
        return None
    return f"This processor has no AVX-512, without which {precision} is far slower than --precision float32."


def _join(machines: Machines) -> None:
    import jax

    if not 0 <= machines.place < machines.count:
        raise TrainingError(f"Of {machines.count} machines there is none of place {machines.place}: count from 0.")
    # For machines without a GPU; others ignore it. What is run ahead there may meet out of order.
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.config.update("jax_cpu_enable_async_dispatch", False)
    try:
        keras.distribution.initialize(machines.coordinator, machines.count, machines.place)
    except (RuntimeError, ValueError) as problem:
        raise TrainingError(
            f"The machines did not meet at {machines.coordinator}: {problem}. Give all of them the same --coordinator, "
            "an address of the first one that the others reach, and start them within five minutes."
        ) from None


def check_batch(batch: int, devices: int) -> None:
    """Refuse a batch that cannot be shared out evenly.

    Raises
    ------
    TrainingError
        When `batch` is no multiple of `devices`.
    """
    if batch % devices:
        fitting = max(devices, round(batch / devices) * devices)
        raise TrainingError(
            f"A batch of {batch} films cannot be shared evenly among {devices} devices. Give --set batch={fitting}."
        )
