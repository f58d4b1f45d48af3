"""The optimisers a recipe can name."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from cxr_core.training.recipe import Recipe


class AdamL2(keras.optimizers.Adam):
    """Adam whose weight decay is an L2 penalty, as in PyTorch's `Adam(weight_decay=)`: decay * weight joins the
    gradient.

    It passes through Adam's scaling, which AdamW's decay (and that of Keras' own Adam) does not. As in PyTorch it falls
    on every trained variable, biases and batch norms too.
    """

    def __init__(self, learning_rate: Any, *, l2: float, **options: Any) -> None:
        super().__init__(learning_rate, **options)
        self._l2 = l2

    def update_step(self, gradient: Any, variable: keras.Variable, learning_rate: Any) -> None:
        decay = ops.cast(self._l2, variable.dtype) * ops.convert_to_tensor(variable)
        super().update_step(ops.cast(gradient, variable.dtype) + decay, variable, learning_rate)


def make_optimizer(recipe: Recipe, rate: Any) -> keras.optimizers.Optimizer:
    """The optimiser of a recipe; `rate` is a number or a schedule. With `recipe.ema` it averages the weights."""
    averaging = {"use_ema": True, "ema_momentum": recipe.ema} if recipe.ema else {}
    if recipe.optimizer == "adamw":
        return keras.optimizers.AdamW(rate, weight_decay=recipe.weight_decay, **averaging)
    if recipe.optimizer == "adam_l2":
        return AdamL2(rate, l2=recipe.weight_decay, **averaging)
    return keras.optimizers.Adam(rate, **averaging)
