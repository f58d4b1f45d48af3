"""The one file that knows the Keras backend: compiled outputs and input gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cxr_core.models.bfloat16 import backward_in_bfloat16

if TYPE_CHECKING:
    import keras


class Outputs(Protocol):
    """Films (N, H, W, C), and of a clinical network the inputs (17,) beside all of them -> outputs (N, F), float32."""

    def __call__(self, batch: np.ndarray, beside: np.ndarray | None = None) -> np.ndarray: ...


class Gradients(Protocol):
    """As `Outputs`, of K columns: outputs (N, K) and their gradients to the films (K, N, H, W, C), float32."""

    def __call__(
        self, batch: np.ndarray, columns: tuple[int, ...], beside: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]: ...


@cache
def device_name() -> str:
    """The device in use, "GPU" or "CPU". On TensorFlow its memory is taken as needed, not all at once."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        for gpu in gpus:
            tf.config.experimental.set_memory_growth(gpu, True)
        return "GPU" if gpus else "CPU"
    import jax

    return "CPU" if jax.default_backend() == "cpu" else "GPU"


def keep_session() -> None:
    """Make nothing of it when somebody clears Keras's session.

    Streamlit does after each run of a page, in whatever thread; a network that another thread is building then begins
    to count its layers anew, gives a name twice, and cannot be built.
    """
    import keras

    keras.backend.clear_session = lambda free_memory=True: None


def sees_new_weights() -> bool:
    """Whether a compiled function follows when its model's weights are changed; under JAX they are a part of it."""
    import keras

    return keras.backend.backend() == "tensorflow"


@dataclass(frozen=True)
class Compiled:
    """A network to be called; `trace` does beforehand what the first score and the first map of a film wait for.

    `maps` gives the network's second output, of a network that has two, by the trace of the first.
    """

    outputs: Outputs
    gradients: Gradients
    maps: Outputs
    trace: Callable[[], None]


def compile_network(model: keras.Model, rounded: bool = False) -> Compiled:
    """A forward pass, and outputs with their gradients to the films, several outputs from one forward pass.

    Each is traced once for batches of all sizes, when it is first called. Which columns are asked for is told to what
    is compiled: another finding costs no other trace (two seconds of InceptionV3), another number of them does. What
    stands beside the films is held fixed: no gradient is taken to it. If `rounded`, and under TensorFlow, convolutions
    hand gradients back in bfloat16; outputs stay as they are.
    """
    import keras

    return _on_tensorflow(model, rounded) if keras.backend.backend() == "tensorflow" else _on_jax(model)


def compile_outputs(model: keras.Model) -> Outputs:
    """A compiled forward pass alone."""
    return compile_network(model).outputs


def compile_gradients(model: keras.Model, rounded: bool = False) -> Gradients:
    """Compiled outputs with their gradients alone."""
    return compile_network(model, rounded).gradients


def _forward(model: keras.Model, films: Any, beside: Any = None) -> list[Any]:
    """The model's outputs in inference; `beside` (17,) is given to every film."""
    if beside is not None:
        from keras import ops

        films = [films, ops.zeros_like(films[:, 0, 0, :1]) + beside[None]]
    made = model(films, training=False)
    return made if isinstance(made, list) else [made]


@contextmanager
def _memory_watched() -> Iterator[None]:
    """Memory that is short is said the same way whatever the backend: each has an error of its own for it."""
    try:
        yield
    except Exception as problem:
        if type(problem).__name__ == "ResourceExhaustedError" or "RESOURCE_EXHAUSTED" in str(problem):
            raise MemoryError("The memory of this machine is too short for this network.") from problem
        raise


def _on_tensorflow(model: keras.Model, rounded: bool) -> Compiled:
    import tensorflow as tf

    backward = backward_in_bfloat16() if rounded else {}
    films, *beside = (tf.TensorSpec(one.shape, tf.float32) for one in model.inputs)
    beside = [tf.TensorSpec(one.shape[1:], tf.float32) for one in beside]  # given once for all films

    @tf.function(input_signature=[films, *beside])
    def forward(films: Any, beside: Any = None) -> Any:
        return _forward(model, films, beside)

    @cache
    def sloped(count: int) -> Any:
        @tf.function(input_signature=[films, tf.TensorSpec((count,), tf.int32), *beside])
        def run(films: Any, columns: Any, beside: Any = None) -> Any:
            with films.graph.gradient_override_map(backward):  # tf.gradients heeds it, a tape would not
                picked = tf.unstack(tf.gather(_forward(model, films, beside)[0], columns, axis=1), axis=1)
            return tf.stack(picked, axis=1), tf.stack([tf.gradients(one, films)[0] for one in picked])

        return run

    def told(beside: np.ndarray | None) -> list[Any]:
        return [] if beside is None else [tf.constant(beside, tf.float32)]

    def output(number: int) -> Outputs:
        def run(batch: np.ndarray, beside: np.ndarray | None = None) -> np.ndarray:
            with _memory_watched():
                return forward(tf.constant(batch, tf.float32), *told(beside))[number].numpy()

        return run

    def gradients(
        batch: np.ndarray, columns: tuple[int, ...], beside: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        run = sloped(len(columns))
        with _memory_watched():
            found, slopes = run(tf.constant(batch, tf.float32), tf.constant(columns, tf.int32), *told(beside))
            return found.numpy(), slopes.numpy()

    return Compiled(output(0), gradients, output(1), partial(_run_once, model, output(0), gradients))


def _run_once(model: keras.Model, outputs: Outputs, gradients: Gradients) -> None:
    """Score an empty film and take its gradient: tracing alone leaves the graph's optimising to the first film."""
    film, *beside = (np.zeros((1, *one.shape[1:]), np.float32) for one in model.inputs)
    outputs(film, *(one[0] for one in beside))
    gradients(film, (0,), *(one[0] for one in beside))


def _on_jax(model: keras.Model) -> Compiled:
    import jax
    import jax.numpy as jnp

    forward = jax.jit(lambda films, beside: _forward(model, films, beside))

    @jax.jit
    def run(batch: Any, columns: Any, beside: Any) -> Any:
        found, back = jax.vjp(lambda films: _forward(model, films, beside)[0][:, columns], batch)
        seeds = jnp.eye(len(columns))[:, None, :] * jnp.ones((1, batch.shape[0], 1))
        return found, jnp.stack([back(seed)[0] for seed in seeds])

    def gradients(
        batch: np.ndarray, columns: tuple[int, ...], beside: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        films = len(batch)  # a shape costs a compilation: one for each power of two is all there is
        padded = np.concatenate([batch, np.repeat(batch[:1], (1 << (films - 1).bit_length()) - films, axis=0)])
        with _memory_watched():
            found, slopes = run(jnp.asarray(padded, jnp.float32), jnp.asarray(columns, jnp.int32), beside)
            return np.asarray(found)[:films], np.asarray(slopes)[:, :films]

    def output(number: int) -> Outputs:
        def run(batch: np.ndarray, beside: np.ndarray | None = None) -> np.ndarray:
            with _memory_watched():
                return np.asarray(forward(batch, beside)[number])

        return run

    # what is compiled hangs on the batch here: nothing can be done beforehand
    return Compiled(output(0), gradients, output(1), lambda: None)
