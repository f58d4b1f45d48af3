"""Khan's network with a transition layer of 32 x 32 x 1024, which the thesis compares with 8 x 8."""

from functools import partial

from cxr_core.models.networks import mobilenet_attention

build = partial(mobilenet_attention.build, side=32)
