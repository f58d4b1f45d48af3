"""Xception as published (Mondal, Agarwal, Rashid 2019): softmax over 14 findings, Adam 1e-3, 28 epochs.

    python -m cxr_core train xception-128-nih14

An epoch shows 4,204 films, as many as the paper's (75% of 5,606), drawn in turn from the train split. Nothing of the
training is changed; the batch norms are measured on train films before val is looked at, for their running values lag.
"""

from cxr_core.training.recipe import Recipe, Stage

RECIPE = Recipe(
    model_id="xception-128-nih14",
    stages=(Stage(epochs=28, learning_rate=1e-3, min_source=128, epoch_films=4204),),
    batch=32,
    optimizer="adam",
    schedule="constant",
    augmentation="published_xception",
    batch_norm_films=640,
)
