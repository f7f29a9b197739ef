"""In the worker: timed calls of one function, on inputs that are handed over one by one."""

from __future__ import annotations

import ctypes
import gc
from typing import TYPE_CHECKING, Any

from ptassess.sandbox.handover import FETCH, MOST_PLACES
from ptassess.sandbox.wire import CannotCrossError, Done, Raised, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    import torch

    from ptassess.sandbox.channel import Channel
    from ptassess.sandbox.devices import Device
    from ptassess.sandbox.handover import Window

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h
_NEVER = 1 << 30


Form = tuple[list[tuple[str, list[int]]], Any]
"""Of a result: dtypes and shapes of its tensors, and it with numbers in their places."""


class Laps:
    """Calls a function whenever it is told to, and says where the result lies.

    Args:
        function: to call.
        window: through which its arguments come.
        raised: makes a message of what the function raised.
    """

    def __init__(self, function: Callable[..., Any], window: Window, raised: Callable[[BaseException], Raised]) -> None:
        import torch

        # Memory that is given back to the kernel costs a fault a page when it is taken again, on every call.
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_MAX, 0)
        libc.mallopt(_M_TRIM_THRESHOLD, _NEVER)
        self._function = function
        self._window = window
        self._raised = raised
        self._result: Any = None
        self._told: Form | None = None
        self._alike: tuple[torch.dtype, torch.Size] | None = None  # what was told, if it is one tensor
        self._kind: str | None = None
        self._plain = torch.Tensor
        gc.collect()
        gc.freeze()
        gc.disable()

    def serve(self, channel: Channel) -> NoReturn:
        """Carry out orders until the process is ended.

        Args:
            channel: to the judge, for what does not fit the window.
        """
        window = self._window
        while True:
            # What is done between an order and its answer is timed, and who takes over this loop saves it: so whatever
            # can be done before the order is.
            args = window.args()
            places, frame = self._carry_out(window.next_order(), args)
            window.answer(places)
            if places is None:
                channel.send(frame)

    def _carry_out(self, what: int, args: Any) -> tuple[list[int] | None, list[bytes | memoryview]]:
        """Carry out an order.

        Args:
            what: ``GO`` or ``FETCH``.
            args: of the call.

        Returns:
            The places of the result's tensors if that is all there is to tell; else a frame.
        """
        try:
            if what == FETCH:
                result = self._fetch()
                form, places = describe(result)
            else:
                self._result = None  # so that the memory of one result serves for the next, as in any loop
                self._result = result = self._call(args)
                alike = type(result) is self._plain and (result.dtype, result.shape) == self._alike
                if alike and _is_plain(result, self._kind):  # the short way to what is found out below
                    return [result.data_ptr()], []
                form, places = describe(result, self._kind)
            if places and form == self._told:
                return places, []
            self._told = form
            forms, template = form
            self._alike = (result.dtype, result.shape) if places and template == 0 else None
            return None, encode(Done(result, [*forms], template))
        except CannotCrossError as error:
            return None, encode(Raised(0, "value", "", f"it returned {error}"))
        except BaseException as error:  # noqa: BLE001  a solution may raise anything
            return None, encode(self._raised(error))

    def _call(self, args: Any) -> Any:
        return self._function(*args)

    def _fetch(self) -> Any:
        raise NotImplementedError


class DeviceLaps(Laps):
    """As ``Laps``, on an accelerator: the call holds the copy of its inputs, and the waiting for what it asked for.

    Args:
        function: to call.
        window: through which its arguments come.
        raised: makes a message of what the function raised.
        device: opened before the function's file was imported.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        window: Window,
        raised: Callable[[BaseException], Raised],
        device: Device,
    ) -> None:
        super().__init__(function, window, raised)
        self._device = device
        self._kind = device.kind
        self._fetched: Any = None

    def _call(self, args: Any) -> Any:
        self._fetched = None
        self._device.flush()
        result = self._function(*self._device.to_device(args))
        # Work that still runs while the next inputs are copied would hide behind the copy, whose time is taken out.
        self._device.synchronise()
        return result

    def _fetch(self) -> Any:
        self._fetched = self._device.to_host(self._result)  # kept until the next call
        return self._fetched


def describe(result: Any, device: str | None = None) -> tuple[Form, list[int]]:
    """What a result is like, and where its tensors lie; nothing of both if all of it is not plain tensors.

    Args:
        result: of a call.
        device: kind of the one on which plain tensors lie and will be fetched from; by default they are read in place.
    """
    leaves: list[torch.Tensor | None] = []
    template = _template(result, leaves)
    plain = [leaf for leaf in leaves if leaf is not None and _is_plain(leaf, device)]
    if not len(leaves) == len(plain) <= MOST_PLACES:
        return ([], None), []
    forms = [(str(leaf.dtype).removeprefix("torch."), list(leaf.shape)) for leaf in plain]
    return (forms, template), [leaf.data_ptr() for leaf in plain]


def _template(value: Any, leaves: list[torch.Tensor | None]) -> Any:
    """A result with numbers, from 0, in the places of its tensors, which are noted; None for whatever else."""
    import torch

    if type(value) is torch.Tensor:
        leaves.append(value)
        return len(leaves) - 1
    if type(value) in {tuple, list}:
        return type(value)([_template(part, leaves) for part in value])
    if type(value) is dict:
        return {key: _template(part, leaves) for key, part in value.items()}
    leaves.append(None)
    return None


def _is_plain(leaf: torch.Tensor, device: str | None) -> bool:
    import torch

    if device is None:
        dense = leaf.is_cpu and leaf.layout is torch.strided and leaf.is_contiguous()
    else:
        dense = leaf.device.type == device and leaf.layout is torch.strided
    return dense and not leaf.is_neg() and not leaf.is_conj()
