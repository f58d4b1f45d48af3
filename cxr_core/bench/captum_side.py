"""The other side of the benchmark: captum on PyTorch's InceptionV3. Runs in an environment of its own.

    python -m venv captum && captum/bin/pip install torch torchvision captum
    python -m cxr_core bench --model inceptionv3-299-nih15 --captum captum/bin/python

Finds captum's best inner batch first (least seconds for one map), says it, then draws one map per line read.
Standard output carries JSON lines alone. Nothing of cxr_core is imported here: its environment need not have it.
"""

from __future__ import annotations

import json
import sys
import time

import torch
from captum.attr import IntegratedGradients
from torchvision.models import inception_v3


def main(size: int, steps: int) -> None:
    """Serve maps of `steps` midpoint steps of one of 15 outputs, film (1, 3, size, size), black baseline."""
    torch.manual_seed(0)
    network = inception_v3(weights=None, aux_logits=False, init_weights=False, num_classes=15).eval()
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    film = torch.rand(1, 3, size, size)
    method = IntegratedGradients(network)

    def seconds(inner_batch: int) -> float:
        began = time.perf_counter()
        method.attribute(
            film, baselines=-1.0, target=0, n_steps=steps, method="riemann_middle", internal_batch_size=inner_batch
        )
        return time.perf_counter() - began

    seconds(8)
    best = min((5, 10, 25), key=seconds)
    print(json.dumps({"inner_batch": best}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"seconds": seconds(best)}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
