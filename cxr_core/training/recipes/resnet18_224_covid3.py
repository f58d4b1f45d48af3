"""ResNet18 for Normal, Pneumonia, COVID-19 (Ibisoglu, Akcay 2021).

    python -m cxr_core train resnet18-224-covid3

As published: 224 px, random horizontal flip, cross-entropy, Adam at 1e-4 with weight decay 1e-3, 8 epochs, classes
balanced by upsampling, 15% of train (here: of its patients) as val. The paper's decay is that of PyTorch's
`Adam(weight_decay=)`, an L2 penalty in the gradient and not AdamW's: "adam_l2". Ours, where it is silent: batch 32,
films scaled to -1 to 1, and the epoch with the best val AUC ships. The paper began at ImageNet's weights, which Keras
has not for this network; this begins at random. `--set weights=runs/pretrain-resnet18` begins at our own pretraining,
`--set weights=FILE` at a file of ResNet18's layers (.safetensors or .h5).
Result: accuracy on val 92.3% (90.2% to 94.3% by patient; 737 films of 411 patients), test 85.3% (82.0% to 88.0% by
patient; 679 films of 446 patients), nih_adults 21.5% (16.4% to 27.7% by patient; 656 films of 255 patients).
Published: test accuracy 79.623%, validation 99.9%.
"""

from cxr_core.training.recipe import Recipe, Stage

RECIPE = Recipe(
    model_id="resnet18-224-covid3",
    data="covid3",
    stages=(Stage(epochs=8, learning_rate=1e-4),),
    batch=32,
    optimizer="adam_l2",
    schedule="constant",
    augmentation="flip",
    weight_decay=1e-3,
    draw="upsampled",
    loss="categorical_crossentropy",
)
