"""Frames over a stream socket: what they are made of is ``wire``'s to say."""

from __future__ import annotations

import errno
import resource
import select
import socket
import struct
import time
from typing import TYPE_CHECKING

from ptassess.sandbox.wire import MAX_HEADER, MAX_PAYLOAD, PREFIX, WireError

if TYPE_CHECKING:
    from collections.abc import Callable

# Seconds of asking again before going to sleep. Being woken costs a virtual machine 50 to 100 microseconds on each
# side.
_SPIN = 100e-6
_PAUSE = 0.02
_DESCRIPTOR = struct.Struct("i")
_CUT_SHORT = int(socket.MSG_CTRUNC)  # arithmetic with the enum's member takes a microsecond for every part of a frame


MANY_FILES = 4096
"""Descriptors under way are counted by user: one with more there than the sender may have open itself cannot send any.
Workers may have 512, and a message takes 253: a judge that may have this many is not kept from sending by them."""


def allow_many_files() -> None:
    """Let this process have ``MANY_FILES`` open, or as many as it may allow itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MANY_FILES if hard == resource.RLIM_INFINITY else min(MANY_FILES, hard)
    if soft not in {resource.RLIM_INFINITY, wanted} and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def send_files(
    sock: socket.socket, data: bytes, files: list[int], deadline: float, meanwhile: Callable[[], None] | None = None
) -> None:
    """Send a message with descriptors; while the user has too many under way, try again.

    Args:
        sock: of the kind that keeps messages whole.
        data: of the message.
        files: the descriptors.
        deadline: on ``time.monotonic``'s clock, in seconds.
        meanwhile: is called between two tries.

    Raises:
        OSError: if it cannot be sent.
    """
    while True:
        try:
            socket.send_fds(sock, [data], files)
        except OSError as error:
            if error.errno != errno.ETOOMANYREFS or time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(_PAUSE)
        if meanwhile:
            meanwhile()


class Closed(Exception):
    """The other side closed the connection."""


class Deadline(Exception):
    """The time was up before the last byte."""


class Channel:
    """Frames over a stream socket.

    Args:
        sock: connected; it is set non-blocking.
        max_payload: most bytes of one frame's tensors that are accepted.
        spin: seconds of asking again before going to sleep.
        takes_files: accept descriptors, into ``files``; at most one a frame.
    """

    def __init__(
        self,
        sock: socket.socket,
        max_payload: int = MAX_PAYLOAD,
        spin: float = _SPIN,
        *,
        takes_files: bool = False,
    ) -> None:
        sock.setblocking(False)  # noqa: FBT003  socket takes no keyword
        self._sock = sock
        self._max_payload = max_payload
        self.spin = spin
        self.files: list[int] = []
        self._room = socket.CMSG_SPACE(_DESCRIPTOR.size) if takes_files else 0
        self._scratch = memoryview(bytearray(1 << 18))
        self._poll_in, self._poll_out = select.poll(), select.poll()
        self._poll_in.register(sock, select.POLLIN)
        self._poll_out.register(sock, select.POLLOUT)

    def send(
        self, buffers: list[bytes | memoryview], deadline: float | None = None, *, file: int | None = None
    ) -> None:
        """Send one frame.

        Args:
            buffers: as ``encode`` gives them.
            deadline: on ``time.monotonic``'s clock, in seconds; None to wait for ever.
            file: a descriptor to send along.

        Raises:
            Closed: if nobody reads any more.
            Deadline: if the time is up.
        """
        rest = [memoryview(buffer) for buffer in buffers if buffer]
        along = [] if file is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, _DESCRIPTOR.pack(file))]
        while rest:
            try:
                sent = self._sock.sendmsg(rest[:64], along)
                along = []
            except BlockingIOError:
                self._wait(self._poll_out, deadline)
                continue
            except OSError:
                raise Closed from None
            while rest and sent >= rest[0].nbytes:
                sent -= rest.pop(0).nbytes
            if sent:
                rest[0] = rest[0][sent:]

    def receive(self, deadline: float | None = None) -> tuple[memoryview, bytearray]:
        """Receive one frame, and nothing after it.

        Args:
            deadline: on ``time.monotonic``'s clock, in seconds; None to wait for ever.

        Returns:
            Header and payload. The header is valid until the next call.

        Raises:
            WireError: if it is too large, is followed by more, or brings a file descriptor.
            Closed: if the connection ends.
            Deadline: if the time is up.
        """
        got = self._fill(self._scratch, 0, PREFIX.size, deadline)
        header_size, payload_size = PREFIX.unpack_from(self._scratch)
        if header_size > MAX_HEADER or payload_size > self._max_payload:
            raise WireError("a frame that is too large")
        end = PREFIX.size + header_size
        buffer = self._scratch
        if end > len(buffer):
            buffer = memoryview(bytearray(end))
            buffer[:got] = self._scratch[:got]
        got = self._fill(buffer, got, end, deadline)
        if got > end + payload_size:
            raise WireError("more than one frame for one request")
        payload = bytearray(payload_size)
        early = got - end
        payload[:early] = buffer[end:got]
        if early < payload_size:
            self._fill(memoryview(payload), early, payload_size, deadline)
        return buffer[PREFIX.size : end], payload

    def is_silent(self) -> bool:
        """Whether nothing waits to be read.

        Raises:
            Closed: if the connection has ended.
        """
        try:
            waiting = self._sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            raise Closed from None
        if not waiting:
            raise Closed
        return False

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()

    def _fill(self, buffer: memoryview, got: int, needed: int, deadline: float | None) -> int:
        """Read until ``needed`` bytes are there; gives how many there are, which can be more."""
        spin_until = time.monotonic() + self.spin
        while got < needed:
            try:
                size, along, flags, _ = self._sock.recvmsg_into([buffer[got:]], self._room)
            except BlockingIOError:
                if time.monotonic() > spin_until or (deadline is not None and time.monotonic() > deadline):
                    self._wait(self._poll_in, deadline)
                continue
            except OSError:
                raise Closed from None
            if flags & _CUT_SHORT:
                raise WireError("a file descriptor that nobody asked for")
            for _, _, data in along:
                self.files += _DESCRIPTOR.unpack(data)
            if size == 0:
                raise Closed
            got += size
        return got

    @staticmethod
    def _wait(poll: select.poll, deadline: float | None) -> None:
        if deadline is None:
            poll.poll()
            return
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise Deadline
