"""The house's first network, small enough to be trained on two cores within the hour.

    python -m cxr_core train mobilenet-128-nih14

All films of the train split (64 px ones too), rare findings drawn more often, averaged weights.
What it gave stands on its card, `weights/mobilenet-128-nih14/card.toml`.
"""

from cxr_core.training.recipe import Recipe, Stage

RECIPE = Recipe(
    model_id="mobilenet-128-nih14",
    stages=(Stage(epochs=18, learning_rate=1e-3),),
    batch=32,
    optimizer="adamw",
    schedule="cosine",
    augmentation="radiograph",
    weight_decay=0.01,
    ema=0.998,
    balance=True,
)
