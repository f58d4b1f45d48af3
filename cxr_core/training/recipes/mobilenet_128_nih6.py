"""MobileNet with an attention branch, six findings, as published (Khan 2018): 5 epochs of 100 steps.

    python -m cxr_core train mobilenet-128-nih6

Films are drawn with weight 0.1 + number of findings, as in the thesis; patients are split, as there they were not.
The thesis compares three losses: this recipe takes cross-entropy; `euclidean` and `hinge` are one word away.
The batch (32) and Adam at 1e-3 are ours, where the thesis is silent.
"""

from cxr_core.training.recipe import Recipe, Stage

RECIPE = Recipe(
    model_id="mobilenet-128-nih6",
    stages=(Stage(epochs=5, learning_rate=1e-3, min_source=128, epoch_films=3200),),
    batch=32,
    optimizer="adam",
    schedule="constant",
    augmentation="none",
    draw="findings",
    precision="float32",
)
