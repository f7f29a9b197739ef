"""Frames as hostile workers could send them, fed to the judge's channel and codec over a real socket pair."""

import contextlib
import random
import socket
import struct
import threading
import time

import msgspec
import torch
from hostile_files import scratched
from hypothesis import strategies as st

from ptassess.sandbox.channel import Channel, Closed, Deadline
from ptassess.sandbox.wire import (
    DTYPES,
    MAX_DEPTH,
    MAX_DIMS,
    MAX_HEADER,
    MAX_ITEMS,
    MAX_TEXT,
    PREFIX,
    Ask,
    Done,
    Raised,
    Value,
    WireError,
    decode,
    encode,
)  # fmt: skip

VARIANTS = 20  # frames made of one message
ANSWER = 1 << 20  # bytes of tensors that the channel accepts
ENOUGH = 50_000  # bytes that a socket takes without somebody who reads
PATIENCE = 0.005  # seconds until the deadline
MOST_SECONDS = 5.0  # the same for a peer that sends much

WORDS = st.text("abcxyz_", max_size=8)
TENSORS = st.builds(
    lambda shape, dtype: torch.zeros(shape).to(getattr(torch, dtype)),
    st.lists(st.integers(0, 4), max_size=4),
    st.sampled_from(DTYPES),
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | WORDS
    | st.binary(max_size=8)
    | TENSORS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(WORDS, inner, max_size=3)
    ),
    max_leaves=8,
)
NUMBERS = st.integers(0, 2**62)
FORMS = st.lists(st.tuples(st.sampled_from(DTYPES), st.lists(st.integers(0, 9), max_size=3)), max_size=3)
MESSAGES = (
    st.builds(Value, NUMBERS, VALUES)
    | st.builds(Ask, NUMBERS, NUMBERS, st.lists(VALUES, max_size=3))
    | st.builds(Raised, NUMBERS, WORDS, WORDS, WORDS, WORDS)
    | st.builds(Done, VALUES, FORMS, VALUES)
)


SIDES = (-1, 0, 1, 2, 3, 2**30, 2**31, 2**62, 2**63 - 1, 2**64 - 1)
NAMES = (*DTYPES, "object", "", "__class__")
# Each draws from a generator of random numbers; hypothesis would take a hundred times as long for the same.
HOSTILE = (
    lambda rng: rng.choice(SIDES),
    lambda rng: msgspec.msgpack.Ext(rng.choice((-1, 0, 1, 2, 3, 127)), struct.pack("<I", rng.randrange(5))),
    lambda rng: msgspec.msgpack.Ext(rng.choice((-1, 1, 2, 3, 4)), rng.randbytes(rng.randrange(13))),
    lambda rng: deep(rng),  # noqa: PLW0108  it is defined below
    lambda rng: [deep(rng), [None] * rng.choice((10, 3_000))],
    lambda rng: "x" * rng.choice((1, MAX_TEXT, MAX_TEXT + 1, 300_000)),
    lambda rng: "\u6570" * rng.choice((20_000, 40_000)),
    lambda rng: bytes(rng.choice((10, MAX_HEADER // 2, MAX_HEADER // 2 + 1))),
    lambda rng: [None] * rng.choice((100, MAX_ITEMS - 10, MAX_ITEMS + 10, 300_000)),
    lambda rng: [{}] * rng.choice((100, 20_000)),
    lambda rng: dict.fromkeys(rng.choices((0, 1, None, True, 1.5, (1, 2), b"a", "a"), k=3)),
    lambda rng: {(i, -i): None for i in range(rng.choice((10, 2_000)))},
    lambda rng: {"x" * rng.choice((3, MAX_TEXT, MAX_TEXT + 1)): None},
    lambda rng: [[rng.choice(NAMES), rng.choices(SIDES, k=rng.randrange(MAX_DIMS + 2)), rng.choice(SIDES)]],
)


def deep(rng):
    """A value in about as many others as may be, or in far more."""
    found, kind = None, rng.choice(("list", "dict", "tuple"))
    for _ in range(rng.choice((1, MAX_DEPTH - 2, MAX_DEPTH, MAX_DEPTH + 1, 40, 500))):
        found = {"a": found} if kind == "dict" else [found]
        if kind == "tuple":
            found = msgspec.msgpack.Ext(2, msgspec.msgpack.encode(found))
    return found


@st.composite
def frames(draw):
    """``VARIANTS`` frames as a peer would send them, made of one message, and how the peer goes on after each."""
    frame = b"".join(map(bytes, encode(draw(MESSAGES))))
    size, _ = PREFIX.unpack_from(frame)
    head, payload = frame[PREFIX.size : PREFIX.size + size], frame[PREFIX.size + size :]
    rng = random.Random(draw(st.integers(0, 2**64 - 1)))  # noqa: S311  no secret
    return [variant(rng, head, payload) for _ in range(VARIANTS)]


def variant(rng, head, payload):
    """A frame that is a little or altogether unlike an honest one, and how the peer goes on."""
    how = rng.choices(("as it is", "structure", "bytes", "noise"), (1, 14, 6, 1))[0]
    if how == "structure":
        told = msgspec.msgpack.decode(head)
        for _ in range(rng.randint(1, 3)):
            bend(rng, told)
        with contextlib.suppress(RecursionError):  # of a value that was put into another a few times
            head = msgspec.msgpack.encode(told)
        payload = rng.choice((payload, payload, payload, payload + b"x", payload[1:]))
    elif how == "bytes":
        head = scratched(rng, head)
        payload = rng.choice((payload, payload, scratched(rng, payload)))
    elif how == "noise":
        head = rng.randbytes(rng.randrange(40))
    sizes = len(head), len(payload)
    if rng.random() < 0.08:
        sizes = (
            rng.choice((0, max(0, len(head) - 1), len(head), len(head) + 1, MAX_HEADER, MAX_HEADER + 1, 2**32 - 1)),
            rng.choice((0, len(payload), len(payload) + 1, ANSWER, ANSWER + 1, 2**30, 2**64 - 1)),
        )
    sent = PREFIX.pack(*sizes) + head + payload
    ends = ("closes", "falls silent", "sends it twice", "sends a descriptor")
    end = rng.choices(ends, (40, 1, 2, 2))[0]
    if end == "falls silent":
        sent = sent[: rng.randint(0, len(sent))]
    return sent, end


def bend(rng, told):
    """Change something in a header, somewhere in its values or in its table."""
    table = told.get("tensors")
    if rng.random() < 0.25 and isinstance(table, list) and table and all(isinstance(entry, list) for entry in table):
        bend_table(rng, table)
        return
    inner = [name for name in ("value", "args", "template") if name in told]
    # The envelope's own fields are few and quickly tried.
    place, key = told, rng.choice(inner if inner and rng.random() < 0.9 else sorted(told) or [""])
    while isinstance(place.get(key) if isinstance(place, dict) else place[key], (list, dict)) and place[key]:
        if rng.random() < 0.5:
            break
        place = place[key]
        key = rng.randrange(len(place)) if isinstance(place, list) else rng.choice(sorted(place, key=str))
    change = rng.choices(("another", "gone", "beside"), (20 if place is told else 3, 1, 1))[0]
    if change == "another" or key not in (place if isinstance(place, dict) else range(len(place))):
        place[key] = rng.choice(HOSTILE)(rng)
    elif change == "gone":
        del place[key]
    elif isinstance(place, list):
        place.append(place[key])
    else:
        place["beside"] = place[key]


def bend_table(rng, table):
    """Change an entry of the table of tensors: dtype, shape, bytes."""
    entry = rng.randrange(len(table))
    part = rng.choice(("dtype", "shape", "bytes", "gone", "twice"))
    if part == "gone":
        del table[entry]
    elif part == "twice":
        table.append(table[entry])
    else:
        new = {"dtype": rng.choice(NAMES), "shape": rng.choices(SIDES, k=rng.randrange(MAX_DIMS + 2))}
        at = ("dtype", "shape", "bytes").index(part)
        table[entry] = [*table[entry][:at], new.get(part, rng.choice(SIDES)), *table[entry][at + 1 :]]


def feed_frames(sent):
    """Send frames to a channel each; their outcomes."""
    return [feed_frame(one) for one in sent]


def feed_frame(sent):
    """Send a frame to a channel as a worker would; the outcome in a few words."""
    frame, end = sent
    ours, theirs = socket.socketpair()
    channel = Channel(ours, max_payload=ANSWER, spin=0.0)
    peer = threading.Thread(target=play, args=(theirs, frame, end)) if len(frame) > ENOUGH else None
    try:
        if peer:
            peer.start()
        else:
            play(theirs, frame, end)
        # Without somebody who sends beside it, all that will ever come is there.
        message = decode(*channel.receive(time.monotonic() + (MOST_SECONDS if peer else PATIENCE)))
    except WireError as error:
        return f"WireError: {error}"
    except (Closed, Deadline) as error:
        return type(error).__name__
    finally:
        channel.close()
        if peer:
            peer.join()
        theirs.close()
        assert not channel.files
    check_message(message)
    return f"a {type(message).__name__}"


def play(sock, frame, end):
    """The worker's part."""
    with contextlib.suppress(OSError):  # the other side has seen enough
        if end == "sends a descriptor":
            socket.send_fds(sock, [frame[:1]], [sock.fileno()])
            frame = frame[1:]
        sock.sendall(frame)
        if end == "sends it twice":
            sock.sendall(frame)
        if end == "closes" or len(frame) > ENOUGH:
            sock.shutdown(socket.SHUT_WR)


def check_message(message):
    """What came through is within the caps, and plain."""
    items = 0
    waiting = [(getattr(message, name), 0) for name in ("value", "args", "template") if hasattr(message, name)]
    while waiting:
        value, depth = waiting.pop()
        items += 1
        assert depth <= MAX_DEPTH
        if type(value) in {list, tuple}:
            waiting += [(item, depth + 1) for item in value]
        elif type(value) is dict:
            assert all(type(key) is str and len(key.encode()) <= MAX_TEXT for key in value)
            waiting += [(item, depth + 1) for item in value.values()]
        elif type(value) is str:
            assert len(value.encode()) <= MAX_TEXT
        elif type(value) is torch.Tensor:
            assert value.is_contiguous()
            assert value.device.type == "cpu"
            assert not value.requires_grad
            assert value.nbytes <= ANSWER
        else:
            assert value is None or type(value) in {bool, int, float, bytes}
    assert items <= MAX_ITEMS
