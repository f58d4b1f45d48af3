"""The house's first network, small enough to be trained on two cores within half an hour.

    python -m cxr_core train resnet18-128-nih14

All films of the train split (64 px ones too), rare findings drawn more often, averaged weights.
What it gave stands on its card, `weights/resnet18-128-nih14/card.toml`.
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
