"""The wire between the judge and a worker: typed messages, plain values, caps checked before anything is allocated.

A frame is a fixed prefix (header length, payload length), a msgpack header, and the raw bytes of the tensors in it.
Nothing is ever unpickled, evaluated or parsed from a repr. The judge builds its own contiguous tensors from the
bytes; device, strides, subclass and ``requires_grad`` on the other side are claims that do not cross.
"""

from __future__ import annotations

import math
import struct
import sys
from typing import TYPE_CHECKING, Any, Protocol, get_args

import msgspec

from ptassess.sandbox.survey import Caps, SurveyError, survey

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

PREFIX = struct.Struct("<IQ")  # header length, payload length, in bytes
MAX_HEADER = 1 << 20
MAX_DEPTH = 32
MAX_ITEMS = 65_536
MAX_TEXT = 65_536  # bytes of one string
MAX_BINARY = MAX_HEADER // 2  # bytes of one byte string
MAX_DIMS = 8
MAX_PAYLOAD = 1 << 30  # of one answer; a task can set less
MAX_TRACEBACK = 16_384


_TENSOR, _TUPLE, _JUDGE_CALL = 1, 2, 3  # msgpack extension codes
_TABLE_ENTRY = tuple[str, list[int], int]  # dtype, shape, bytes

DTYPES = (
    "bool", "uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64",
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128",
    "float8_e4m3fn", "float8_e5m2",
)  # fmt: skip
# The dtypes that numpy has too; the others are viewed as bytes first.
_NUMPY = frozenset(DTYPES[:9]) | {"float16", "float32", "float64", "complex64", "complex128"}


class WireError(Exception):
    """The other side does not keep to the wire's language."""


class CannotCrossError(Exception):
    """A value of a kind that has no form on the wire; the text says which and what to do."""


class Call(msgspec.Struct, tag="call", forbid_unknown_fields=True):
    """Judge to worker: call a function of the solution."""

    seq: int
    name: str
    args: Any
    kwargs: Any
    tensors: list[_TABLE_ENTRY] = []


class Probe(msgspec.Struct, tag="probe", forbid_unknown_fields=True):
    """Judge to worker: run a probe; its module's source comes along the first time."""

    seq: int
    name: str
    digest: str
    args: Any
    kwargs: Any
    source: str | None = None
    tensors: list[_TABLE_ENTRY] = []


class Answer(msgspec.Struct, tag="answer", forbid_unknown_fields=True):
    """Judge to worker: what a judge call came to."""

    seq: int
    value: Any
    refused: str | None = None
    tensors: list[_TABLE_ENTRY] = []


class Value(msgspec.Struct, tag="value", forbid_unknown_fields=True):
    """Worker to judge: what the function returned."""

    seq: int
    value: Any
    tensors: list[_TABLE_ENTRY] = []


class Ask(msgspec.Struct, tag="ask", forbid_unknown_fields=True):
    """Worker to judge: the solution called one of its judge calls."""

    seq: int
    token: int
    args: Any
    tensors: list[_TABLE_ENTRY] = []


class Raised(msgspec.Struct, tag="raised", forbid_unknown_fields=True):
    """Worker to judge: it did not return. ``kind`` says whose doing that was."""

    seq: int
    kind: str  # raised, missing, value, not attempted
    type_name: str
    text: str
    traceback: str = ""
    tensors: list[_TABLE_ENTRY] = []


class Prepare(msgspec.Struct, tag="prepare", forbid_unknown_fields=True):
    """Judge to worker: get ready for calls of one function; the memory through which their inputs come comes along.

    ``args`` are those of one call, with tensors of the shapes and dtypes that all calls have; ``idle`` makes it a
    contestant that does nothing: every call gives that value. ``source`` makes the function a probe's.
    """

    seq: int
    name: str
    args: Any
    spin: float = 0.0  # seconds of asking for an order without pause
    source: str | None = None
    value: Any = None
    idle: bool = False
    tensors: list[_TABLE_ENTRY] = []


class Done(msgspec.Struct, tag="done", forbid_unknown_fields=True):
    """Worker to judge: a call of a race has returned, with something that is unlike what the one before returned.

    While nothing changes but the places of its tensors, they come through the memory that both sides share.
    """

    value: Any
    forms: list[tuple[str, list[int]]] = []  # dtype and shape of its tensors, if all of it is plain tensors
    template: Any = None  # it, with their numbers in their places
    tensors: list[_TABLE_ENTRY] = []


Message = Call | Probe | Answer | Value | Ask | Raised | Prepare | Done


class JudgeCallLike(Protocol):
    """Something that is sent as a token."""

    token: int


# The fields that hold values, of each kind of message.
_VALUES = {
    kind: tuple(name for name in ("args", "kwargs", "value", "template") if name in kind.__struct_fields__)
    for kind in get_args(Message)
}

# -- values to headers -----------------------------------------------------------------------------------------


class _Packer:
    """Turns one message's values into msgpack's types and collects the tensors' bytes."""

    def __init__(self, token_of: Callable[[Any], int | None] | None) -> None:
        self.table: list[_TABLE_ENTRY] = []
        self.buffers: list[memoryview] = []
        self._token_of = token_of
        self._items = 0
        self._tensor_class = getattr(sys.modules.get("torch"), "Tensor", ())  # without torch nothing is a tensor

    def pack(self, value: Any, depth: int = 0) -> Any:  # noqa: C901, PLR0911, PLR0912  one branch a kind of value
        self._items += 1
        if depth > MAX_DEPTH:
            raise CannotCrossError(f"a value nested deeper than {MAX_DEPTH} levels; return something flatter")
        if self._items > MAX_ITEMS:
            raise CannotCrossError(f"more than {MAX_ITEMS} items; return a tensor instead of lists of numbers")
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is str and len(value) <= MAX_TEXT and value.isascii():  # as it is already what comes out below
            return value
        if isinstance(value, self._tensor_class):  # early: to ask a tensor whether it is something else takes long
            return self._tensor(value)
        if isinstance(value, int):
            if not -(2**63) <= value < 2**64:
                raise CannotCrossError("an int of more than 64 bits; return it as a string")
            return int(value)
        if isinstance(value, float):
            return float(value)
        if isinstance(value, str):
            if len(value.encode(errors="surrogatepass")) > MAX_TEXT:
                raise CannotCrossError(f"a string of more than {MAX_TEXT // 1024} KiB; return something shorter")
            return str(value).encode(errors="replace").decode()
        if isinstance(value, (bytes, bytearray)):
            if len(value) > MAX_BINARY:
                raise CannotCrossError("more than 512 KiB of bytes; return a uint8 tensor")
            return bytes(value)
        if isinstance(value, tuple):
            inner = [self.pack(item, depth + 1) for item in value]
            return msgspec.msgpack.Ext(_TUPLE, msgspec.msgpack.encode(inner))
        if isinstance(value, list):
            return [self.pack(item, depth + 1) for item in value]
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    raise CannotCrossError(f"a dict with a key of type {type(key).__name__}; use strings as keys")
                if len(key.encode(errors="surrogatepass")) > MAX_TEXT:
                    raise CannotCrossError(f"a dict with a key of more than {MAX_TEXT // 1024} KiB; use shorter keys")
            return {
                str(key).encode(errors="replace").decode(): self.pack(item, depth + 1) for key, item in value.items()
            }
        if self._token_of is not None and (token := self._token_of(value)) is not None:
            return msgspec.msgpack.Ext(_JUDGE_CALL, struct.pack("<I", token))
        raise CannotCrossError(_advice(value))

    def _tensor(self, tensor: torch.Tensor) -> msgspec.msgpack.Ext:
        import torch

        dtype = str(tensor.dtype).removeprefix("torch.")
        if dtype not in DTYPES or tensor.layout != torch.strided or tensor.device.type == "meta":
            raise CannotCrossError(
                f"a tensor of dtype {tensor.dtype}, {tensor.layout}, on {tensor.device}; return a dense one with values"
            )
        if tensor.dim() > MAX_DIMS:
            raise CannotCrossError(f"a tensor of {tensor.dim()} dimensions; at most {MAX_DIMS} cross")
        plain = tensor.detach().resolve_conj().resolve_neg().cpu().contiguous()
        if plain._is_zerotensor():  # noqa: SLF001  torch's answer where a tangent is zero; it has no memory yet
            plain = plain.clone()
        shape = list(plain.shape)
        if not plain.numel():
            data = memoryview(b"")
        elif dtype in _NUMPY:
            data = memoryview(plain.numpy()).cast("B")  # type: ignore[arg-type]  # Python 3.11 has no Buffer
        else:
            data = memoryview(plain.reshape(-1).view(torch.uint8).numpy())  # type: ignore[arg-type]  # as above
        self.table.append((dtype, shape, data.nbytes))
        self.buffers.append(data)
        return msgspec.msgpack.Ext(_TENSOR, struct.pack("<I", len(self.table) - 1))


def _advice(value: object) -> str:
    """What a value is that cannot cross, and what to return instead."""
    kind = type(value)
    name = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    if kind.__module__.partition(".")[0] == "numpy":
        return f"a {name}; return a torch.Tensor (torch.from_numpy) or a Python number"
    if hasattr(value, "__next__"):
        return f"a {name}; return a list or a tensor"
    return f"a {name}; only None, numbers, strings, bytes, lists, tuples, dicts and tensors can be returned"


def encode(message: Message, token_of: Callable[[Any], int | None] | None = None) -> list[bytes | memoryview]:
    """A message as the buffers of one frame.

    Args:
        message: its values may hold tensors; it is changed in place.
        token_of: gives the token of a judge call, or None for other values.

    Raises:
        CannotCrossError: if a value has no form on the wire.
    """
    packer = _Packer(token_of)
    for name in _VALUES[type(message)]:
        setattr(message, name, packer.pack(getattr(message, name)))
    message.tensors = packer.table
    header = msgspec.msgpack.encode(message)
    if len(header) > MAX_HEADER:
        raise CannotCrossError("more than 1 MiB beside the tensors; return tensors instead of lists of numbers")
    payload = sum(buffer.nbytes for buffer in packer.buffers)
    return [PREFIX.pack(len(header), payload) + header, *packer.buffers]


# -- headers to values -----------------------------------------------------------------------------------------

_DECODER = msgspec.msgpack.Decoder(Message)
_INNER = msgspec.msgpack.Decoder(list[Any])
_CAPS = Caps(
    depth=MAX_DEPTH, items=MAX_ITEMS, text=MAX_TEXT, binary=MAX_BINARY, table=MAX_ITEMS * (4 + MAX_DIMS), nested=_TUPLE
)
_SMALL = 4_096  # bytes: nothing in a header of that size is beyond a cap, but its depth, which unpacking sees
_BAD_HEADER = (msgspec.MsgspecError, RecursionError, ValueError, OverflowError)


def decode(
    header: bytes | bytearray | memoryview,
    payload: bytearray,
    judge_call_of: Callable[[int], Any] | None = None,
) -> Message:
    """The message in a frame.

    Args:
        header: msgpack.
        payload: the tensors' bytes, one after the other.
        judge_call_of: makes the callable for a token; None where no token may come, as on the judge's side.

    Raises:
        WireError: if anything is not exactly as the wire's rules say.
    """
    try:
        if len(header) > _SMALL and judge_call_of is None:  # the judge need not be looked through by a worker
            survey(bytes(header), _CAPS)
        message: Message = _DECODER.decode(header)
    except SurveyError as error:
        raise WireError(str(error)) from None
    except _BAD_HEADER as error:
        raise WireError(f"a header that is none of the known messages ({type(error).__name__})") from None
    unpacker = _Unpacker(message.tensors, payload, judge_call_of)
    for name in _VALUES[type(message)]:
        setattr(message, name, unpacker.unpack(getattr(message, name)))
    unpacker.finish()
    return message


class _Unpacker:
    """Checks a decoded header's values and builds the tensors; every size is compared before memory is taken."""

    def __init__(
        self, table: list[_TABLE_ENTRY], payload: bytearray, judge_call_of: Callable[[int], Any] | None
    ) -> None:
        self._payload = payload
        self._judge_call_of = judge_call_of
        self._items = 0
        self._taken: set[int] = set()
        self._entries: list[tuple[str, list[int], int, int]] = []  # dtype, shape, offset, bytes
        offset = 0
        for dtype, shape, size in table:
            if bytes_of(dtype, shape) != size:
                raise WireError("a tensor whose shape and bytes disagree")
            self._entries.append((dtype, shape, offset, size))
            offset += size
        if offset != len(payload):
            raise WireError("tensors that do not fill the payload")

    def unpack(self, value: Any, depth: int = 0) -> Any:
        self._items += 1
        if depth > MAX_DEPTH or self._items > MAX_ITEMS:
            raise WireError("a value that is nested too deep or has too many items")
        kind = type(value)
        if value is None or kind is bool or kind is float or kind is int or kind is str or kind is bytes:
            return value
        if kind is list:
            return [self.unpack(item, depth + 1) for item in value]
        if kind is dict:
            if not all(type(key) is str for key in value):
                raise WireError("a dict whose keys are not strings")
            return {key: self.unpack(item, depth + 1) for key, item in value.items()}
        if kind is msgspec.msgpack.Ext:
            return self._extension(value, depth)
        raise WireError("a value of an unknown kind")

    def finish(self) -> None:
        """Make sure that every tensor was named."""
        if len(self._taken) != len(self._entries):
            raise WireError("a tensor that no value names")

    def _extension(self, value: msgspec.msgpack.Ext, depth: int) -> Any:
        if value.code == _TUPLE:
            try:
                inner = _INNER.decode(value.data)
            except _BAD_HEADER:
                raise WireError("a tuple that is none") from None
            return tuple(self.unpack(item, depth + 1) for item in inner)
        if len(bytes(value.data)) != 4:
            raise WireError("an extension of a wrong size")
        (index,) = struct.unpack("<I", value.data)
        if value.code == _TENSOR and index < len(self._entries) and index not in self._taken:
            self._taken.add(index)  # were it named again, each name would take its memory once more
            return _tensor(self._payload, *self._entries[index])
        if value.code == _JUDGE_CALL and self._judge_call_of is not None:
            return self._judge_call_of(index)
        raise WireError("an unknown extension")


_ITEMSIZES = {
    "bool": 1, "uint8": 1, "int8": 1, "float8_e4m3fn": 1, "float8_e5m2": 1,
    "int16": 2, "uint16": 2, "float16": 2, "bfloat16": 2,
    "int32": 4, "uint32": 4, "float32": 4,
    "int64": 8, "uint64": 8, "float64": 8, "complex64": 8, "complex128": 16,
}  # fmt: skip


def bytes_of(dtype: str, shape: list[int]) -> int:
    """Bytes of a tensor that somebody claims to have.

    Args:
        dtype: its name.
        shape: its sides.

    Raises:
        WireError: if torch could not have such a tensor, or none that may cross.
    """
    if dtype not in DTYPES:
        raise WireError("a tensor of an unknown dtype")
    if len(shape) > MAX_DIMS or (shape and not 0 <= min(shape) <= max(shape) <= MAX_PAYLOAD):
        raise WireError("a tensor of an impossible shape")
    # Torch computes strides with sides of at least 1, in 64 bits, also where there are no elements.
    if math.prod(side or 1 for side in shape) * _ITEMSIZES[dtype] >= 2**63:
        raise WireError("a tensor of an impossible shape")
    return math.prod(shape) * _ITEMSIZES[dtype]


def _tensor(payload: bytearray, dtype: str, shape: list[int], offset: int, size: int) -> torch.Tensor:
    import torch

    kind: torch.dtype = getattr(torch, dtype)
    if size == 0:
        return torch.empty(shape, dtype=kind)
    if offset == 0 and dtype != "bool":  # a bytearray starts aligned
        return torch.frombuffer(payload, dtype=kind, count=size // _ITEMSIZES[dtype]).view(shape)
    raw = torch.frombuffer(payload, dtype=torch.uint8, offset=offset, count=size)
    if dtype == "bool":
        return raw.ne(0).reshape(shape)  # a byte that is neither 0 nor 1 is undefined behaviour in a bool tensor
    return raw.clone().view(kind).reshape(shape)  # what lies further in may not be aligned, and is therefore moved
