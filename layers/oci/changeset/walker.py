"""Layers walked in a process of their own, which holds nothing but the file it reads.

The process that unpacks and parses a stranger's bytes has no database and no
library to lose; and it has an interpreter, with its lock, to itself. Run as
``python -m layers.oci.changeset.walker FD``: a request a line on standard
input, frames of marshalled values on standard output.
"""

import json
import marshal
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from struct import Struct
from typing import IO, Any, BinaryIO

from layers.oci import errors
from layers.oci.changeset.compression import Compression
from layers.oci.changeset.entry import Extra, Kind, Member
from layers.oci.changeset.walk import LayerWalk, StoredRange
from layers.oci.errors import LimitExceeded, MalformedLayer, OCIError
from layers.oci.limits import MIB, Limits

LENGTH = Struct("<I")
MEMBERS_A_FRAME = 2000
REPORT_SIZE = 4 * MIB
ROOT = Path(__file__).resolve().parents[3]
KINDS = tuple(Kind)


class Walker:
    """The process, for the layers of one file, one after the other."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._limits = limits
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(file.fileno())],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[file.fileno()],
        )

    def walk(
        self, stored: StoredRange, compression: Compression, where: str, advance: Callable[[int], None]
    ) -> "RemoteWalk":
        """Have the layer at ``stored`` walked; iterate the result to its end before the next."""
        request = [stored.offset, stored.size, compression, where, asdict(self._limits)]
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended: the walk will say so
        return RemoteWalk(self.process.stdout, where, advance)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self.process.communicate()


class RemoteWalk:
    """A ``LayerWalk`` that another process does; the same to iterate, the same to ask afterwards."""

    def __init__(self, frames: IO[bytes], where: str, advance: Callable[[int], None]) -> None:
        self._frames = frames
        self._where = where
        self._advance = advance
        self.diff_id = ""
        self.tar_size = 0
        self.notes: list[tuple[bytes, str]] = []

    def __iter__(self) -> Iterator[Member]:
        while True:
            what, *values = self._frame()
            if what == "members":
                for fields in values[0]:
                    # A plain file needs no more than its fields, and most are plain files.
                    yield fields if fields[1] == 0 and fields[10] is None else received(fields)
            elif what == "at":
                self._advance(values[0])
            elif what == "end":
                self.diff_id, self.tar_size, self.notes = values
                return
            else:
                raise rebuilt(what, values)

    def _frame(self) -> list[Any]:
        head = self._frames.read(LENGTH.size)
        if len(head) < LENGTH.size:
            raise MalformedLayer(
                f"{self._where}: its reader ended early; the layer asks for too much memory."
            )
        found: list[Any] = marshal.loads(self._frames.read(LENGTH.unpack(head)[0]))
        return found


def received(fields: tuple[Any, ...]) -> Member:
    """A member as it was sent."""
    extra = None if fields[10] is None else Extra(*fields[10])
    return tuple.__new__(Member, (fields[0], KINDS[fields[1]], *fields[2:10], extra))


def sent(member: Member) -> tuple[Any, ...]:
    """A member as values that ``marshal`` knows: no enum, no named tuple."""
    extra = None if member[10] is None else tuple(member[10])
    return (member[0], int(member[1]), *member[2:10], extra)


def rebuilt(name: str, values: list[Any]) -> OCIError:
    """The exception that the other process met."""
    if name == "LimitExceeded":
        error = LimitExceeded(values[0], values[1], values[2])
        error.args = (values[3],)
        return error
    kind: type[OCIError] = getattr(errors, name)
    return kind(values[3])


def serve(file: BinaryIO, requests: BinaryIO, frames: BinaryIO) -> None:
    """Answer requests until there are no more."""
    for line in requests:
        offset, size, compression, where, limits = json.loads(line)
        stored = StoredRange(file, offset, size)
        try:
            answer(LayerWalk(stored, compression, Limits(**limits), where, reporter(frames)), frames)
        except OCIError as error:
            bounds = (getattr(error, name, None) for name in ("limit", "allowed", "found"))
            send(frames, [type(error).__name__, *bounds, str(error)])


def answer(walk: LayerWalk, frames: BinaryIO) -> None:
    """Send the members of one layer, and then what is known of them all."""
    members = iter(walk)
    while batch := [sent(member) for member in islice(members, MEMBERS_A_FRAME)]:
        send(frames, ["members", batch])
    send(frames, ["end", walk.diff_id, walk.tar_size, walk.notes])


def reporter(frames: BinaryIO) -> Callable[[int], None]:
    """Sends how far a layer is, every few megabytes."""
    told = 0

    def report(count: int) -> None:
        nonlocal told
        if count - told >= REPORT_SIZE:
            told = count
            send(frames, ["at", count])

    return report


def send(frames: BinaryIO, values: list[Any]) -> None:
    body = marshal.dumps(values)
    frames.write(LENGTH.pack(len(body)) + body)
    frames.flush()


def main() -> None:
    """The process: the file's descriptor is its one argument."""
    sys.setswitchinterval(0.0005)
    with os.fdopen(int(sys.argv[1]), "rb", buffering=0) as file:
        serve(file, sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
