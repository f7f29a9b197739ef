"""The wire carries plain values both ways and refuses everything else without harm."""

import contextlib
import socket
import struct
import threading
import time

import hypothesis.extra.numpy as hnp
import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ptassess.sandbox import wire
from ptassess.sandbox.channel import Channel, Closed, Deadline
from ptassess.sandbox.wire import (
    MAX_DEPTH,
    MAX_HEADER,
    MAX_ITEMS,
    PREFIX,
    Answer,
    Ask,
    Call,
    CannotCrossError,
    Raised,
    Value,
    WireError,
    decode,
    encode,
)


def cross(value):
    """What arrives of a value."""
    return decode(*split(encode(Value(1, value)))).value


def split(buffers):
    frame = b"".join(bytes(buffer) for buffer in buffers)
    size, payload = PREFIX.unpack_from(frame)
    assert len(frame) == PREFIX.size + size + payload
    return frame[PREFIX.size : PREFIX.size + size], bytearray(frame[PREFIX.size + size :])


def header(value, tensors=(), tag="value", **more):
    return msgspec.msgpack.encode({"type": tag, "seq": 1, "value": value, "tensors": list(tensors), **more})


def ext(code, index):
    return msgspec.msgpack.Ext(code, struct.pack("<I", index))


TENSOR = ext(1, 0)

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
    | st.binary(max_size=50),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(PLAIN)
@settings(max_examples=300, deadline=None)
def test_plain_values_arrive_as_they_were(value):
    arrived = cross(value)
    assert arrived == value
    assert type(arrived) is type(value)


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.int64, np.int8, np.bool_, np.complex64]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=5),
    )
)
@settings(max_examples=200, deadline=None)
def test_tensors_arrive_bit_for_bit(array):
    tensor = torch.from_numpy(np.array(array))
    arrived = cross(["before", tensor, tensor])
    for one in arrived[1:]:
        assert one.dtype == tensor.dtype
        assert one.shape == tensor.shape
        assert one.numpy().tobytes() == tensor.numpy().tobytes()


@pytest.mark.parametrize("dtype", wire.DTYPES)
def test_every_dtype_crosses(dtype):
    tensor = torch.arange(6).reshape(2, 3).to(getattr(torch, dtype))
    arrived = cross({"one": tensor, "two": tensor[:, 1]})
    assert arrived["one"].dtype == tensor.dtype
    assert torch.equal(arrived["one"].to(torch.complex128), tensor.to(torch.complex128))
    assert torch.equal(arrived["two"].to(torch.complex128), tensor[:, 1].to(torch.complex128))


def test_what_a_tensor_claims_does_not_cross():
    class Claims(torch.nn.Parameter):
        pass

    arrived = cross(Claims(torch.rand(3, 4).mT))
    assert type(arrived) is torch.Tensor
    assert arrived.is_contiguous()
    assert not arrived.requires_grad


def test_lazy_conjugates_and_negatives_are_resolved():
    z = torch.tensor([1 + 2j, 3 - 4j])
    assert torch.equal(cross(z.conj()), torch.tensor([1 - 2j, 3 + 4j]))
    assert torch.equal(cross(z.conj().imag), torch.tensor([-2.0, 4.0]))


def test_a_zero_without_memory_arrives_as_zeros():
    zero = torch._efficientzerotensor((2, 3), dtype=torch.float64)
    assert torch.equal(cross(zero), torch.zeros(2, 3, dtype=torch.float64))


def test_a_bool_tensor_of_other_bytes_is_made_of_true_and_false():
    arrived = decode(header(TENSOR, [("bool", [3], 3)]), bytearray(b"\x00\x02\xff")).value
    assert torch.equal(arrived, torch.tensor([False, True, True]))


def test_arrived_tensors_are_not_aliases_of_each_other():
    arrived = cross([torch.zeros(2), torch.zeros(2)])
    arrived[0] += 1
    assert torch.equal(arrived[1], torch.zeros(2))


def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def tupled(levels):
    value = None
    for _ in range(levels + 1):
        value = msgspec.msgpack.Ext(2, msgspec.msgpack.encode([value]))
    return value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object(), "object"),
        (torch, "module"),
        (print, "builtin_function_or_method"),
        (torch.nn.Linear(1, 1), "Linear"),
        ((i for i in ()), "generator"),
        ({1: 2}, "strings as keys"),
        ({1, 2}, "set"),
        (1j, "complex"),
        (2**64, "more than 64 bits"),
        ("x" * 70_000, "64 KiB"),
        ({"x" * 70_000: 1}, "64 KiB"),
        (b"x" * (MAX_HEADER // 2 + 1), "uint8 tensor"),
        (deep(MAX_DEPTH + 1), "nested deeper"),
        (list(range(70_000)), "items"),
        (np.zeros(3), "return a torch.Tensor"),
        (np.float32(1), "Python number"),
        (torch.eye(2).to_sparse(), "dense"),
        (torch.empty(3, device="meta"), "meta"),
        (torch.zeros([1] * 9), "9 dimensions"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else value[:20],
)
def test_what_cannot_cross_says_what_to_do(value, said):
    with pytest.raises(CannotCrossError, match=said) as info:
        cross(value)
    assert "\n" not in str(info.value)


NOT_A_MESSAGE = [
    (b"", b""),
    (b"\xc1", b""),
    (b"\x80", b""),
    (msgspec.msgpack.encode({"type": "pickle", "seq": 1}), b""),
    (msgspec.msgpack.encode([1, 2]), b""),
    (header(1, more=1), b""),
    (header(1, seq="1"), b""),
    (header(1) + b"\x00", b""),
    (header(TENSOR, [("float32", [2], 8)]), b"1234567"),
    (header(TENSOR, [("float32", [2], 8)]), b"123456789"),
    (header(TENSOR, [("float32", [3], 8)]), b"12345678"),
    (header(TENSOR, [("float32", [-1], -4)]), b""),
    (header(TENSOR, [("float32", [-2, -1], 8)]), b"12345678"),
    (header(TENSOR, [("float32", [2**62, 2**62], 0)]), b""),
    (header(TENSOR, [("float32", [2**63 - 1] * 8, 8)]), b"12345678"),
    (header(TENSOR, [("float32", [1] * 9, 4)]), b"1234"),
    (header(TENSOR, [("object", [1], 8)]), b"12345678"),
    (header(TENSOR, [("__class__", [1], 8)]), b"12345678"),
    (header(ext(1, 1), [("float32", [1], 4)]), b"1234"),
    (header(ext(1, 0)), b""),
    (header([TENSOR, TENSOR], [("float32", [2], 8)]), b"12345678"),
    (header(TENSOR, [("float32", [0, 2**62, 2**62], 0)]), b""),
    (header(TENSOR, [("float32", [0, 2**30, 2**30, 2**30], 0)]), b""),
    (header(ext(3, 0)), b""),
    (header(ext(9, 0)), b""),
    (header(msgspec.msgpack.Ext(1, b"12345")), b""),
    (header(msgspec.msgpack.Ext(2, b"\xc1")), b""),
    (header(msgspec.msgpack.Ext(2, msgspec.msgpack.encode({"a": 1}))), b""),
    (header({1: 2}), b""),
    (header(deep(40)), b""),
    (header("x" * 70_000), b""),
    (header([None] * 70_000), b""),
    (header(1, tensors=[["float32", [1]]]), b""),
    (header(1, [("float32", [2], 8)]), b"12345678"),
    (header({"x" * 70_000: 1}), b""),
    (header(["\u6570" * 30_000]), b""),
    (header({(i, -i): 1 for i in range(3_000)}), b""),
    (header([b"x" * 600_000]), b""),
    (header([[None] * 3_000, deep(33)]), b""),
    (header([[None] * 3_000, tupled(33)]), b""),
    (header([{}] * 70_000), b""),
    (header([msgspec.msgpack.Ext(2, msgspec.msgpack.encode([None] * 70_000))]), b""),
    (header([msgspec.msgpack.Ext(2, msgspec.msgpack.encode([None] * 5_000) + b"\xc0")]), b""),
    (header(1, [("float32", [0], 0)] * 70_000), b""),
    (header([None] * 5_000) + b"\xc0", b""),
    (header([None] * 5_000)[:-1], b""),
    (header([None] * 5_000).replace(b"\xdc", b"\xdd"), b""),
    (b"\xc1" * 5_000, b""),
    (msgspec.msgpack.encode([[None]] * 5_000), b""),
    (b"\x91" * 100_000, b""),
]


@pytest.mark.parametrize("index", range(len(NOT_A_MESSAGE)))
def test_a_lying_frame_is_refused(index):
    head, payload = NOT_A_MESSAGE[index]
    with pytest.raises(WireError):
        decode(head, bytearray(payload))


@pytest.mark.parametrize(
    "value",
    [
        [None] * (MAX_ITEMS - 1),
        "\u6570" * 20_000,
        {str(number): number for number in range(20_000)},
        [deep(MAX_DEPTH - 1), [1.5] * 5_000],
        (1, ("x" * 60_000, [2])),
        [b"x" * (MAX_HEADER // 2)],
        [torch.zeros(1, 2, 3)] * 9_000,
    ],
    ids=["items", "text", "keys", "depth", "tuples", "bytes", "tensors"],
)
def test_as_much_as_the_caps_allow_crosses(value):
    arrived = cross(value)
    assert type(arrived) is type(value)
    assert len(arrived) == len(value)
    if not isinstance(value, list) or not isinstance(value[0], torch.Tensor):
        assert arrived == value


def test_lists_as_keys_are_refused_before_their_hashes_can_collide():
    # The hash of a tuple of ints can be worked out backwards; 40,000 equal ones are minutes of comparing.
    head = header([{(number,): None for number in range(60_000)}])
    began = time.process_time()
    with pytest.raises(WireError, match="a dict whose keys are not strings"):
        decode(head, bytearray())
    assert time.process_time() - began < 0.1


GOOD = b"".join(
    map(bytes, encode(Value(1, {"a": [torch.zeros(3), (1, "x", None)], "b": torch.ones(2, 2, dtype=torch.bool)})))
)


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=6), st.integers(0, len(GOOD)))
@settings(max_examples=2000, deadline=None)
def test_a_mutated_frame_is_a_message_or_a_wire_error(changes, cut):
    frame = bytearray(GOOD)
    for place, byte in changes:
        frame[place] = byte
    size, payload = PREFIX.unpack_from(frame)
    head = bytes(frame[PREFIX.size : PREFIX.size + min(size, cut)])
    rest = frame[PREFIX.size + min(size, cut) :][: min(payload, len(frame))]
    with contextlib.suppress(WireError):
        decode(head, bytearray(rest))


# -- channels --------------------------------------------------------------------------------------------------


@pytest.fixture
def pair():
    """A channel, and the raw socket at its other end."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours, max_payload=1 << 20)
    yield channel, theirs
    channel.close()
    theirs.close()


def frame_of(message):
    return b"".join(map(bytes, encode(message)))


def soon():
    return time.monotonic() + 0.2


def test_a_frame_arrives_whole_however_it_is_cut(pair):
    channel, theirs = pair
    frame = frame_of(Value(7, torch.arange(1000)))

    def drip():
        for start in range(0, len(frame), 501):
            theirs.sendall(frame[start : start + 501])
            time.sleep(0.001)

    thread = threading.Thread(target=drip)
    thread.start()
    message = decode(*channel.receive(time.monotonic() + 5))
    thread.join()
    assert message.seq == 7
    assert torch.equal(message.value, torch.arange(1000))


@pytest.mark.parametrize(
    "prefix", [PREFIX.pack(MAX_HEADER + 1, 0), PREFIX.pack(10, (1 << 20) + 1), PREFIX.pack(2**32 - 1, 2**64 - 1)]
)
def test_a_size_beyond_the_caps_is_refused_before_anything_is_allocated(pair, prefix):
    channel, theirs = pair
    theirs.sendall(prefix + b"x" * 20)
    with pytest.raises(WireError, match="too large"):
        channel.receive(soon())


def test_a_second_frame_behind_the_first_is_refused(pair):
    channel, theirs = pair
    theirs.sendall(2 * frame_of(Value(1, 1)))
    with pytest.raises(WireError, match="more than one frame"):
        channel.receive(soon())


def test_a_file_descriptor_that_nobody_asked_for_is_refused(pair):
    channel, theirs = pair
    socket.send_fds(theirs, [frame_of(Value(1, 1))], [0])
    with pytest.raises(WireError, match="descriptor"):
        channel.receive(soon())


@pytest.mark.parametrize("sent", [b"", PREFIX.pack(100, 0), PREFIX.pack(4, 0) + b"abc"])
def test_half_a_frame_runs_into_the_deadline(pair, sent):
    channel, theirs = pair
    theirs.sendall(sent)
    began = time.monotonic()
    with pytest.raises(Deadline):
        channel.receive(soon())
    assert 0.15 < time.monotonic() - began < 1.0


def test_the_end_of_the_other_side_is_told(pair):
    channel, theirs = pair
    theirs.sendall(PREFIX.pack(100, 0))
    theirs.close()
    with pytest.raises(Closed):
        channel.receive(soon())
    with pytest.raises(Closed):
        channel.send(encode(Value(1, 1)), soon())


def test_sending_to_somebody_who_does_not_read_runs_into_the_deadline(pair):
    channel, _ = pair
    with pytest.raises(Deadline):
        channel.send(encode(Value(1, torch.zeros(4 << 20))), soon())


def test_an_early_frame_is_noticed(pair):
    channel, theirs = pair
    assert channel.is_silent()
    theirs.sendall(b"x")
    assert not channel.is_silent()


def test_silence_and_the_end_are_two_things(pair):
    channel, theirs = pair
    theirs.close()
    with pytest.raises(Closed):
        channel.is_silent()


# -- judge calls and the other messages ------------------------------------------------------------------------


def test_a_judge_call_crosses_as_a_token_and_comes_out_as_a_callable():
    marker = object()
    buffers = encode(Call(1, "f", [marker, 2], {}), lambda value: 5 if value is marker else None)
    message = decode(*split(buffers), judge_call_of=lambda token: ("callable", token))
    assert message.args == [("callable", 5), 2]


@pytest.mark.parametrize(
    "message",
    [
        Ask(3, 0, [torch.ones(1)]),
        Answer(3, torch.ones(1)),
        Answer(3, None, "no"),
        Raised(3, "raised", "ValueError", "no"),
    ],
    ids=lambda message: type(message).__name__,
)
def test_every_message_arrives_as_itself(message):
    arrived = decode(*split(encode(message)))
    assert type(arrived) is type(message)
    assert arrived.seq == 3
