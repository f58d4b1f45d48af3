"""Where bfloat16 pays: what this processor makes of it, and the gradients of convolutions that are taken in it."""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import tensorflow as tf

_X86 = ("x86_64", "amd64")
_AVX512 = "X86_V4"  # as NumPy names the level of x86-64 that has it
_INSTRUCTIONS = {"avx512_bf16", "amx_bf16"}  # as Linux names them
_CPUINFO = Path("/proc/cpuinfo")


def imitates_bfloat16() -> bool:
    """Whether bfloat16 is slower here than float32; False where nobody knows.

    TensorFlow's CPU kernels have bfloat16 where there is AVX-512, and imitate it elsewhere; a GPU needs neither.
    """
    if not _on_x86():
        return False
    known = np.show_config(mode="dicts")["SIMD Extensions"]
    return _AVX512 not in [*known["baseline"], *known["found"]]


def multiplies_bfloat16() -> bool:
    """Whether the processor has instructions for products of bfloat16, and they are used; False where nobody knows."""
    if not _on_x86() or os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0" or not _CPUINFO.is_file():
        return False
    return bool(_INSTRUCTIONS & set(_CPUINFO.read_text().split()))


def _on_x86() -> bool:
    """Whether TensorFlow computes on such a processor, and on no GPU."""
    import keras

    if keras.backend.backend() != "tensorflow" or platform.machine().lower() not in _X86:
        return False
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


@cache
def backward_in_bfloat16() -> dict[str, str]:
    """For `tf.Graph.gradient_override_map`: convolutions whose gradient to their input is taken in bfloat16.

    What comes out is float32 again. Their outputs are not touched, and so neither are the gates of the network, which
    see float32: a gradient is rounded, but no other is taken. None is taken to a kernel.
    """
    import tensorflow as tf

    name = "Conv2DBackwardInBfloat16"
    tf.RegisterGradient(name)(_gradient)
    return {"Conv2D": name}


def _gradient(operation: tf.Operation, slope: Any) -> tuple[Any, None]:
    import tensorflow as tf

    films, kernel = operation.inputs
    same = {key: operation.get_attr(key)
            for key in ("strides", "padding", "explicit_paddings", "dilations", "data_format")}
    rounded = tf.raw_ops.Conv2DBackpropInput(
        input_sizes=tf.shape(films), filter=tf.cast(kernel, tf.bfloat16), out_backprop=tf.cast(slope, tf.bfloat16),
        **same,
    )
    return tf.cast(rounded, slope.dtype), None
