"""Xception as we would train it today: what the 2019 paper's network is worth without its split and its softmax.

    python -m cxr_core train xception-299-nih14

It differs from `xception-128-nih14` in what that paper's figures suffer from: findings do not compete (sigmoid), rare
ones weigh more in the loss, patients of val and test are nobody's in train, and the network sees 299 px at the end.
It begins from that one's weights, which saw 28 times 4,204 films of 128 px. First all films at 96 px, where a pass
costs a tenth of one at 299 px, then some of 128 px and more at 299 px. On a GPU give it more of both.
As `inceptionv3-299-nih15` it has AdamW on a cosine, averaged weights, rare findings drawn more often, augmentation that
fits radiographs, and age, sex and view learnt beside. Batches of 16 make more steps of few films, and half as many
films as elsewhere measure the batch norms.
Growing loses what a small size gave, and films win it back: mean AUC on val after each pass .610, .666 at 96 px; .618,
.629, .649, .661 at 299 px. With fewer films it ended below the paper's recipe at 128 px (.644): .627 after 2,000 at
192 px, .599 after 2,600 more at 299 px. Five hours of two cores without AVX-512.

Result: mean AUC on test .613 (.579 to .652 by patient; 1,379 films of 454 patients), test_wide .625 (.584 to .667 by
patient; 605 films of 287 patients), val .661 (.617 to .697 by patient; 898 films of 351 patients).
"""

from cxr_core.training.recipe import Recipe, Stage

RECIPE = Recipe(
    model_id="xception-299-nih14",
    stages=(
        Stage(epochs=2, learning_rate=5e-4, size=96),
        Stage(epochs=4, learning_rate=3e-4, min_source=128, epoch_films=3600),
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
)
