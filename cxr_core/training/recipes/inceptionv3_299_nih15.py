"""InceptionV3 with a dense head, 15 classes (Srikar, Reddy, Reddy, c. 2021).

    python -m cxr_core train inceptionv3-299-nih15
"""

from cxr_core.training.recipe import Recipe

RECIPE = Recipe(
    model_id="inceptionv3-299-nih15",
    epochs=12,
    batch=32,
    learning_rate=1e-3,
    optimizer="adamw",
    schedule="cosine",
    augmentation="radiograph",
    weight_decay=0.01,
    ema=0.998,
    balance=True,
)
