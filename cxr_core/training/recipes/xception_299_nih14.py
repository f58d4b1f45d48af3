"""Xception as we would train it today: what the 2019 paper's network is worth without its split and its softmax.

    python -m cxr_core train xception-299-nih14

It differs from `xception-128-nih14` in what that paper's figures suffer from: findings do not compete (sigmoid), rare
ones weigh more in the loss, patients of val and test are nobody's in train, and the network sees 299 px at the end.
It begins from that one's weights, which saw 28 times 4,204 films of 128 px for free, as far as this run goes. First all
films at 96 px, where a pass costs a tenth of one at 299 px, then some of 128 px and more at 192 and at 299 px: sizes
that grow, as `densenet121-224-nih14-clinical` does it, cut short for two cores. On a GPU give it more of each.
As `inceptionv3-299-nih15` it has AdamW on a cosine, averaged weights, rare findings drawn more often, augmentation that
fits radiographs, and age, sex and view learnt beside. Weights are averaged over fewer steps than there, and batches are
smaller, since its later stages have but a hundred steps.
Not trained yet: no figure is known.
"""

from cxr_core.training.recipe import Recipe, Stage

RECIPE = Recipe(
    model_id="xception-299-nih14",
    stages=(
        Stage(epochs=2, learning_rate=5e-4, size=96),
        Stage(epochs=1, learning_rate=3e-4, size=192, min_source=128, epoch_films=2000),
        Stage(epochs=1, learning_rate=3e-4, min_source=128, epoch_films=2600),
    ),
    batch=16,
    optimizer="adamw",
    schedule="cosine",
    augmentation="radiograph",
    weight_decay=0.02,
    ema=0.98,
    batch_norm_films=320,
    draw="rarest",
    loss="weighted_binary_crossentropy",
    side_tasks=0.3,
    weights="xception-128-nih14",
    choose="val_auc_within_view",
    precision="float32",
)
