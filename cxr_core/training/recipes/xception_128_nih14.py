"""Xception as published (Mondal, Agarwal, Rashid 2019): softmax over 14 findings, Adam 1e-3, 28 epochs.

    python -m cxr_core train xception-128-nih14

An epoch shows 4,204 films, as many as the paper's (75% of 5,606), drawn in turn from the train split. Nothing of the
training is changed; the batch norms are measured on train films before val is looked at, for their running values lag.

Result: mean AUC on test .583 (.550 to .619 by patient; 1,379 films of 454 patients), test_wide .612 (.569 to .648 by
patient; 605 films of 287 patients), val .644 (.612 to .673 by patient; 898 films of 351 patients).
Published, on 75:25 of 5,606 films by image: mean AUC .591. The two are of other films and another split.
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
