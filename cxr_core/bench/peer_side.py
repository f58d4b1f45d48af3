"""The other side of `bench ig`: a peer's Integrated Gradients of the same trained network, in its own environment.

Called by `cxr_core.bench.peers`, which says how an environment is made. Finds the peer's best inner batch (and order of
axes, where it has a choice) first, by the least seconds for one map, says them, then draws a map for each number of
steps it reads, writes it to the file it was given, and says the seconds. Standard output carries JSON lines alone.
Nothing of cxr_core is imported: it need not be there.
"""

from __future__ import annotations

import inspect
import itertools
import json
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable

import numpy as np

Draw = Callable[[int, int], np.ndarray]  # steps, inner batch -> map (H, W), summed over channels


def captum(model, film: np.ndarray, baseline: np.ndarray, column: int) -> Draw:
    import torch
    from captum.attr import IntegratedGradients

    for parameter in model.parameters():
        parameter.requires_grad_(False)
    channels = 0 if model.input_shape[-1] != film.shape[-1] else -1  # of a film as the network takes it
    method = IntegratedGradients(model)
    films, empty = (
        torch.tensor(np.ascontiguousarray(np.moveaxis(one, -1, channels)[None])) for one in (film, baseline)
    )

    def draw(steps: int, batch: int) -> np.ndarray:
        found = method.attribute(films, baselines=empty, target=column, n_steps=steps, internal_batch_size=batch)
        return found.detach().numpy()[0].sum(axis=channels)

    return draw


def channels_first(network: str, made: str) -> None:
    """Write the network in the order of axes that PyTorch is at home in; its weights are the same in both."""
    def turned(told):
        if isinstance(told, list):
            return [turned(one) for one in told]
        if not isinstance(told, dict):
            return "channels_first" if told == "channels_last" else told
        config = {key: turned(one) for key, one in told.items() if key != "build_config"}
        kind = told.get("class_name")
        if kind == "InputLayer":
            *batch, channels = told["config"]["batch_shape"]
            config["config"]["batch_shape"] = [batch[0], channels, *batch[1:]]
        if kind in ("BatchNormalization", "Concatenate") and len(_shape(told)) == 4:
            config["config"]["axis"] = 1
        return config

    with zipfile.ZipFile(network) as source, zipfile.ZipFile(made, "w") as out:
        for name in source.namelist():
            data = source.read(name)
            out.writestr(name, json.dumps(turned(json.loads(data))) if name == "config.json" else data)


def _shape(told) -> list:
    """What a layer was built for: (N, ...); of several inputs the first one's."""
    shape = told["build_config"]["input_shape"]
    return shape[0] if isinstance(shape[0], list) else shape


def saliency(model, film: np.ndarray, baseline: np.ndarray, column: int) -> Draw:
    """As PAIR's guide has it: a gradient tape around the model as it is."""
    import tensorflow as tf

    def slopes(films):
        with tf.GradientTape() as tape:
            tape.watch(films)
            output = model(films)[:, column]
        return tape.gradient(output, films)

    return _saliency(slopes, film, baseline)


def saliency_compiled(model, film: np.ndarray, baseline: np.ndarray, column: int) -> Draw:
    """As its user can make it faster: the same gradient compiled, as ours is."""
    import tensorflow as tf

    @tf.function(reduce_retracing=True)
    def slopes(films):
        with tf.GradientTape() as tape:
            tape.watch(films)
            output = model(films, training=False)[:, column]
        return tape.gradient(output, films)

    return _saliency(slopes, film, baseline)


def _saliency(slopes: Callable, film: np.ndarray, baseline: np.ndarray) -> Draw:
    import saliency.core as pair
    import tensorflow as tf

    def call(films: np.ndarray, call_model_args=None, expected_keys=None) -> dict[str, np.ndarray]:  # noqa: ARG001
        return {pair.base.INPUT_OUTPUT_GRADIENTS: slopes(tf.constant(films, tf.float32)).numpy()}

    method = pair.IntegratedGradients()
    return lambda steps, batch: method.GetMask(
        film, call, x_steps=steps, x_baseline=baseline, batch_size=batch
    ).sum(axis=-1)


def xplique(model, film: np.ndarray, baseline: np.ndarray, column: int) -> Draw:
    from xplique.attributions import IntegratedGradients

    targets = np.eye(model.output_shape[-1], dtype=np.float32)[[column]]
    asked = inspect.signature(IntegratedGradients.__init__).parameters
    whole = {"reducer": None} if "reducer" in asked else {}  # or channels are averaged away

    def draw(steps: int, batch: int) -> np.ndarray:
        method = IntegratedGradients(
            model, output_layer=-1, batch_size=batch, steps=steps, baseline_value=float(baseline.mean()), **whole
        )
        return np.asarray(method.explain(film[None], targets))[0].sum(axis=-1)

    return draw


def alibi(model, film: np.ndarray, baseline: np.ndarray, column: int) -> Draw:
    from alibi.explainers import IntegratedGradients

    def draw(steps: int, batch: int) -> np.ndarray:
        method = IntegratedGradients(model, n_steps=steps, internal_batch_size=batch)
        return method.explain(film[None], baselines=baseline[None], target=column).attributions[0][0].sum(axis=-1)

    return draw


PEERS = {
    "captum": captum, "saliency": saliency, "saliency_compiled": saliency_compiled, "xplique": xplique, "alibi": alibi,
}


def main(peer: str, network: str, path: str, column: int, out: str) -> None:
    """Serve maps of one output; `path` holds film and baseline, shape (2, H, W, C)."""
    os.environ["KERAS_BACKEND"] = "torch" if peer == "captum" else "tensorflow"
    import keras

    models = {"channels last": keras.saving.load_model(network, compile=False)}
    if peer == "captum":  # either may be the faster one under PyTorch
        with tempfile.TemporaryDirectory() as folder:
            channels_first(network, turned := os.path.join(folder, "network.keras"))
            models["channels first"] = keras.saving.load_model(turned, compile=False)
    film, baseline = np.load(path)
    draws = {axes: PEERS[peer](keras.Model(model.input, model.get_layer("logits").output), film, baseline, column)
             for axes, model in models.items()}

    def seconds(steps: int, axes: str, batch: int) -> float:
        began = time.perf_counter()
        np.save(out, draws[axes](steps, batch))
        return time.perf_counter() - began

    for axes in draws:
        seconds(10, axes, 10)
    best = min(itertools.product(draws, (5, 10, 25)), key=lambda one: seconds(50, *one))
    print(json.dumps({"axes": best[0], "inner_batch": best[1]}), flush=True)
    for line in sys.stdin:
        print(json.dumps({"seconds": seconds(int(line), *best)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
