"""The house's first network, small enough to be trained on two cores within half an hour.

    python -m cxr_core train resnet18-128-nih14

All films of the train split (64 px ones too), rare findings drawn more often, averaged weights.

Result: mean AUC on test .640 (.599 to .683 by patient; 1,379 films of 454 patients), test_wide .743 (.712 to .770 by
patient; 605 films of 287 patients), val .751 (.705 to .783 by patient; 898 films of 351 patients).
"""

from cxr_core.training.recipe import Recipe, Stage

RECIPE = Recipe(
    model_id="resnet18-128-nih14",
    stages=(Stage(epochs=10, learning_rate=1e-3),),
    batch=64,
    optimizer="adamw",
    schedule="cosine",
    augmentation="radiograph",
    weight_decay=0.02,
    ema=0.995,
    draw="rarest",
)
