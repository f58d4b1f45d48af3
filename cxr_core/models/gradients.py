"""The one file that knows the Keras backend: compiled outputs and input gradients."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

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


def compile_outputs(model: keras.Model) -> Outputs:
    """A traced forward pass."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        run: Any = tf.function(lambda *inputs: _forward(model, *inputs), reduce_retracing=True)
        return lambda batch, beside=None: run(tf.constant(batch, tf.float32), _constant(beside)).numpy()
    import jax

    compiled = jax.jit(lambda *inputs: _forward(model, *inputs))
    return lambda batch, beside=None: np.asarray(compiled(batch, beside))


def compile_gradients(model: keras.Model) -> Gradients:
    """Outputs and their gradients to the films, several outputs from one forward pass.

    What stands beside the films is held fixed: no gradient is taken to it.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        return _tensorflow_gradients(model)
    return _jax_gradients(model)


def _forward(model: keras.Model, films: Any, beside: Any = None) -> Any:
    """The model's outputs in inference; `beside` (17,) is given to every film."""
    if beside is None:
        return model(films, training=False)
    from keras import ops

    return model([films, ops.zeros_like(films[:, 0, 0, :1]) + beside[None]], training=False)


def _constant(beside: np.ndarray | None) -> Any:
    import tensorflow as tf

    return None if beside is None else tf.constant(beside, tf.float32)


def _tensorflow_gradients(model: keras.Model) -> Gradients:
    import tensorflow as tf

    @cache
    def traced(columns: tuple[int, ...]) -> Any:
        @tf.function(reduce_retracing=True)
        def run(batch: Any, beside: Any) -> Any:
            with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
                tape.watch(batch)
                outputs = _forward(model, batch, beside)
                picked = [outputs[:, column] for column in columns]
            return tf.stack(picked, axis=1), tf.stack([tape.gradient(one, batch) for one in picked])

        return run

    def gradients(
        batch: np.ndarray, columns: tuple[int, ...], beside: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        outputs, slopes = traced(tuple(columns))(tf.constant(batch, tf.float32), _constant(beside))
        return outputs.numpy(), slopes.numpy()

    return gradients


def _jax_gradients(model: keras.Model) -> Gradients:
    import jax
    import jax.numpy as jnp

    @cache
    def compiled(columns: tuple[int, ...]) -> Any:
        def run(batch: Any, beside: Any) -> Any:
            outputs, back = jax.vjp(lambda films: _forward(model, films, beside)[:, jnp.array(columns)], batch)
            seeds = jnp.eye(len(columns))[:, None, :] * jnp.ones((1, batch.shape[0], 1))
            return outputs, jnp.stack([back(seed)[0] for seed in seeds])

        return jax.jit(run)

    def gradients(
        batch: np.ndarray, columns: tuple[int, ...], beside: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        outputs, slopes = compiled(tuple(columns))(jnp.asarray(batch, jnp.float32), beside)
        return np.asarray(outputs), np.asarray(slopes)

    return gradients
