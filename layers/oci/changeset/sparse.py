"""Sparse files: which regions of a file a tar stores (GNU tar manual, "Storing Sparse Files").

Four spellings: old GNU (type ``S``), and PAX 0.0, 0.1 and 1.0.
"""

from collections.abc import Callable

from layers.oci.changeset.header import BLOCK, number
from layers.oci.changeset.pax import SPARSE, integer
from layers.oci.errors import LimitExceeded, MalformedLayer
from layers.oci.limits import Limits

Regions = tuple[tuple[int, int], ...]
TakeBlock = Callable[[], bytes]
BLANK = bytes(2**20)


class LogicalSizes:
    """What the sparse files of a tar come to: holes cost nothing to send and everything to read."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.holes = 0

    def count(self, logical: int, stored: int, offset: int) -> None:
        """Count a file of ``stored`` bytes in a tar read up to ``offset``.

        Raises:
            LimitExceeded: it is too large, or they all are together.
        """
        limits, least = self.limits, max(stored, BLOCK)
        self.holes += max(0, logical - stored)
        if logical > limits.unpacked_size:
            raise LimitExceeded("unpacked_size", limits.unpacked_size, logical, "a sparse file")
        if logical > limits.ratio_floor and logical > limits.ratio * least:
            raise LimitExceeded("ratio", limits.ratio, logical // least, "a sparse file")
        if offset + self.holes > limits.unpacked_size:
            raise LimitExceeded("unpacked_size", limits.unpacked_size, offset + self.holes, "sparse files")


def old_gnu_map(block: bytes, take: TakeBlock, limits: Limits) -> tuple[int, Regions]:
    """The file's real size and its regions, from a type ``S`` header and the blocks that go on with it."""
    size = number(block[483:495], "realsize")
    regions = _cells(block, 386, 4)
    more = block[482]
    while more:
        block = take()
        if len(block) < 512:
            raise MalformedLayer("The tar ends inside a sparse file's map.")
        regions += _cells(block, 0, 21)
        more = block[504]
        _bound(len(regions), limits)
    return size, tuple(regions)


def _cells(block: bytes, start: int, count: int) -> list[tuple[int, int]]:
    cells = []
    for at in range(start, start + 24 * count, 24):
        if block[at] == 0 and not block[at : at + 24].strip(b"\0"):
            break
        cells.append(
            (number(block[at : at + 12], "sparse offset"), number(block[at + 12 : at + 24], "sparse size"))
        )
    return cells


def pax_map(records: list[tuple[bytes, bytes]], limits: Limits) -> list[int] | None:
    """The numbers of a PAX 0.0 or 0.1 map (offset, length, offset, …); None if there is none."""
    numbers: list[int] = []
    for key, value in records:
        if key == SPARSE + b"map":
            _bound(value.count(b",") // 2, limits)
            return [integer(item, "GNU.sparse.map") for item in value.split(b",")] if value else []
        if key in (SPARSE + b"offset", SPARSE + b"numbytes"):
            numbers.append(integer(value, "GNU.sparse.offset"))
    _bound(len(numbers) // 2, limits)
    return numbers or None


def pax_1_0_map(take: TakeBlock, limits: Limits) -> tuple[list[int], int]:
    """The numbers of a PAX 1.0 map, that stands in front of the data, and the bytes it took."""
    text, taken = b"", 0
    wanted = 1
    while text.count(b"\n") < wanted:
        block = take()
        if len(block) < 512:
            raise MalformedLayer("The tar ends inside a sparse file's map.")
        taken += 512
        text += block
        if wanted == 1 and b"\n" in text:
            count = integer(text.partition(b"\n")[0], "sparse map")
            _bound(count, limits)
            wanted = 1 + 2 * count
        if taken > 64 * (limits.sparse_regions + 16):
            raise MalformedLayer("A sparse file's map does not end.")
    lines = text.split(b"\n")[1:wanted]
    return [integer(line, "sparse map") for line in lines], taken


def regions_of(numbers: list[int], size: int, stored: int) -> Regions:
    """Pairs of numbers as regions; they must ascend, stay in the file, and sum to what is stored."""
    if len(numbers) % 2:
        raise MalformedLayer("A sparse file's map has an odd count of numbers.")
    return checked(tuple(zip(numbers[::2], numbers[1::2], strict=True)), size, stored)


def checked(regions: Regions, size: int, stored: int) -> Regions:
    """``regions`` if they are in order, inside ``size`` and together ``stored`` bytes.

    Raises:
        MalformedLayer: otherwise.
    """
    end = total = 0
    for offset, length in regions:
        if offset < end or length < 0 or offset + length > size:
            raise MalformedLayer("A sparse file's map overlaps, or leaves its file.")
        end = offset + length
        total += length
    if total != stored:
        raise MalformedLayer(f"A sparse file's map names {total} bytes, but {stored} are stored.")
    return regions


def _bound(count: int, limits: Limits) -> None:
    if count > limits.sparse_regions:
        raise LimitExceeded("sparse_regions", limits.sparse_regions, count)


def zeros(count: int, consume: Callable[[bytes], object]) -> None:
    """Hand ``count`` zero bytes to ``consume``."""
    while count > 0:
        consume(BLANK[:count])
        count -= len(BLANK)
