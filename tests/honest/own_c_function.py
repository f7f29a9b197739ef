"""A C function through ctypes."""

# pace: any
import ctypes

import torch

libc = ctypes.CDLL(None)


def solve(a):
    source = a.contiguous()
    copy = torch.empty_like(source)
    libc.memcpy(ctypes.c_void_p(copy.data_ptr()), ctypes.c_void_p(source.data_ptr()), ctypes.c_size_t(8 * a.numel()))
    return copy @ a
