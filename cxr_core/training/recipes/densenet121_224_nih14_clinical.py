"""DenseNet121 with a clinical branch, 14 findings (Crobu, Di Ciaccio 2019), trained from scratch in three stages.

    python -m cxr_core train densenet121-224-nih14-clinical

The paper's network, its weighted cross-entropy (a positive of a finding counts sqrt(N/P), a negative sqrt(P/N), of P
positives and N negatives among the training films) and its augmentation in kind. The paper begins from ImageNet:
`weights="imagenet"` or a file of Keras does so. Ours: random weights; first all films at 96 px, where a pass costs
a fifth of one at 224 px; age, sex and view learnt from the film beside the findings; and each of age, sex, view and
history is hidden from one film in five, so that the network knows what "unknown" means.

The history is that of NIH's whole label file, earlier films only.
The stages are short, for two cores and an evening: the fifth epoch at 96 px, which was handed on, stood at .782 on val
(.741 within a view), the one at 224 px at .766 (.733), and the last of the three that begin anew from there, at the
same learning rate, at .778 (.742). What ships had those three in bfloat16, from the weights of the first two stages as
they had shipped, in float16; the first two were in float32.
Result: mean AUC on test .677 (.631 to .721 by patient; 1,379 films of 454 patients), test_wide .781 (.746 to .805 by
patient; 605 films of 287 patients), val .778 (.741 to .804 by patient; 898 films of 351 patients), test, history
unknown .630 (.596 to .668 by patient; 1,379 films of 454 patients), test, history zeroed .627 (.592 to .665 by patient;
1,379 films of 454 patients), test, film not seen .638 (.605 to .667 by patient; 1,379 films of 454 patients), test,
first films .711 (.663 to .755 by patient; 144 films of 144 patients).
Published, on NIH's official test list: mean AUC .863.
"""

from cxr_core.training.recipe import Recipe, Stage

RECIPE = Recipe(
    model_id="densenet121-224-nih14-clinical",
    stages=(
        Stage(epochs=6, learning_rate=6e-4, size=96),
        Stage(epochs=1, learning_rate=3e-4, min_source=128),
        Stage(epochs=3, learning_rate=3e-4, min_source=128),
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
