"""DenseNet121 with a clinical branch, 14 findings (Crobu, Di Ciaccio 2019), trained from scratch in two stages.

    python -m cxr_core train densenet121-224-nih14-clinical

The paper's network, its weighted cross-entropy (a positive of a finding counts sqrt(N/P), a negative sqrt(P/N), of P
positives and N negatives among the training films) and its augmentation in kind. The paper begins from ImageNet:
`weights="imagenet"` or a file of Keras does so. Ours: random weights; first all films at 128 px, where a pass costs
a third of one at 224 px; age, sex and view learnt from the film beside the findings; and each of age, sex, view and
history is hidden from one film in five, so that the network knows what "unknown" means.

The history is that of NIH's whole label file, earlier films only.
Not trained yet: no figure is known. Published, on NIH's official test list: mean AUC .863.
"""

from cxr_core.training.recipe import Recipe, Stage

RECIPE = Recipe(
    model_id="densenet121-224-nih14-clinical",
    stages=(
        Stage(epochs=10, learning_rate=6e-4, size=128),
        Stage(epochs=3, learning_rate=2e-4, min_source=128),
    ),
    batch=32,
    optimizer="adamw",
    schedule="cosine",
    augmentation="radiograph",
    weight_decay=0.02,
    ema=0.995,
    batch_norm_films=640,
    loss="weighted_binary_crossentropy",
    side_tasks=0.3,
    hide_clinical=0.2,
    choose="val_auc_within_view",
    precision="float32",
)
