"""The one file that knows the Keras backend: compiled outputs and input gradients."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

Outputs = Callable[[np.ndarray], np.ndarray]
Gradients = Callable[[np.ndarray, tuple[int, ...]], tuple[np.ndarray, np.ndarray]]


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


def compile_outputs(model: keras.Model) -> Outputs:
    """A traced forward pass: batch (N, H, W, C) -> outputs (N, F), float32."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        run: Any = tf.function(lambda batch: model(batch, training=False), reduce_retracing=True)
        return lambda batch: run(tf.constant(batch, tf.float32)).numpy()
    import jax

    compiled = jax.jit(lambda batch: model(batch, training=False))
    return lambda batch: np.asarray(compiled(batch))


def compile_gradients(model: keras.Model) -> Gradients:
    """Outputs and their gradients to the input, several outputs from one forward pass.

    Returns
    -------
    callable
        (batch (N, H, W, C), columns) -> (outputs (N, K), gradients (K, N, H, W, C)), float32,
        where K is the number of columns.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        return _tensorflow_gradients(model)
    return _jax_gradients(model)


def _tensorflow_gradients(model: keras.Model) -> Gradients:
    import tensorflow as tf

    @cache
    def traced(columns: tuple[int, ...]) -> Any:
        @tf.function(reduce_retracing=True)
        def run(batch: Any) -> Any:
            with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
                tape.watch(batch)
                outputs = model(batch, training=False)
                picked = [outputs[:, column] for column in columns]
            return tf.stack(picked, axis=1), tf.stack([tape.gradient(one, batch) for one in picked])

        return run

    def gradients(batch: np.ndarray, columns: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        outputs, slopes = traced(tuple(columns))(tf.constant(batch, tf.float32))
        return outputs.numpy(), slopes.numpy()

    return gradients


def _jax_gradients(model: keras.Model) -> Gradients:
    import jax
    import jax.numpy as jnp

    @cache
    def compiled(columns: tuple[int, ...]) -> Any:
        def run(batch: Any) -> Any:
            outputs, back = jax.vjp(lambda films: model(films, training=False)[:, jnp.array(columns)], batch)
            seeds = jnp.eye(len(columns))[:, None, :] * jnp.ones((1, batch.shape[0], 1))
            return outputs, jnp.stack([back(seed)[0] for seed in seeds])

        return jax.jit(run)

    def gradients(batch: np.ndarray, columns: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        outputs, slopes = compiled(tuple(columns))(jnp.asarray(batch, jnp.float32))
        return np.asarray(outputs), np.asarray(slopes)

    return gradients
