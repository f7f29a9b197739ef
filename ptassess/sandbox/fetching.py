"""The judge's side of a race on an accelerator, which goes on when a process stands still and whose memory is its own.

So the clock does not stop with the worker's word that its last call is over: the judge asks for the result, and the
clock stops when its bytes lie in host memory.
"""

from __future__ import annotations

from ptassess.sandbox.contestant import Contestant
from ptassess.sandbox.handover import FETCH
from ptassess.sandbox.wire import Done

CONTEXT_MB = 2048
"""Host memory that a worker with an accelerator may take beside its limit, for its context; not measured yet."""


class DeviceContestant(Contestant):
    """As ``Contestant``, on an accelerator."""

    def _finished(self, answer: Done | list[int]) -> Done | list[int]:
        return answer if isinstance(answer, Done) else self._order(FETCH)  # a Done has brought the value itself
