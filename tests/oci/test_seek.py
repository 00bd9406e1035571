"""Random access: any byte of a packed layer, from any place unpacking can begin at."""

import gzip
import io
import random
import shutil
import subprocess
import zlib
from collections.abc import Callable

import pytest
import zstandard
from isal import igzip

from layers.oci.changeset import seekpoints
from layers.oci.changeset.gzipseek import gzip_seek_points
from layers.oci.changeset.libz import LIBZ
from layers.oci.changeset.reframed import read_reframed, write_reframed
from layers.oci.changeset.seek import build_seek_points, read_range
from layers.oci.changeset.seekpoints import NO_POINTS, ROW, START, SeekPoint, SeekPoints, nearest
from layers.oci.changeset.zstdseek import zstd_seek_points
from layers.oci.errors import MalformedLayer
from layers.oci.limits import KIB, MIB

CHANCE = random.Random(4)
WORDS = [CHANCE.randbytes(CHANCE.randrange(3, 12)) for _ in range(3000)]
CONTENT = b"".join(
    b" ".join(CHANCE.choices(WORDS, k=9_000)) + CHANCE.randbytes(20_000) + bytes(30_000) for _ in range(8)
)
"""Some 900 KiB of all sorts: text, noise that packers store as it is, zeros."""
SPACING = 48 * KIB


def flushed(mode: int, level: int = 6) -> bytes:
    packer = zlib.compressobj(level, wbits=31)
    parts = (CONTENT[at : at + 30_000] for at in range(0, len(CONTENT), 30_000))
    return b"".join(packer.compress(part) + packer.flush(mode) for part in parts) + packer.flush()


def in_members(size: int, gap: bytes = b"") -> bytes:
    return b"".join(gzip.compress(CONTENT[at : at + size]) + gap for at in range(0, len(CONTENT), size))


def by_pigz(*options: str) -> bytes:
    if not shutil.which("pigz"):
        pytest.skip("pigz is not installed")
    return subprocess.run(["pigz", "-c", *options], input=CONTENT, capture_output=True, check=True).stdout


def fixed_blocks() -> bytes:
    packer = zlib.compressobj(6, wbits=31, strategy=zlib.Z_FIXED)
    return packer.compress(CONTENT) + packer.flush()


GZIPS: dict[str, Callable[[], bytes]] = {
    **{f"level {level}": lambda level=level: gzip.compress(CONTENT, level) for level in (0, 1, 4, 6, 9)},
    "igzip": lambda: igzip.compress(CONTENT, 1),
    "fixed": fixed_blocks,
    "pigz": lambda: by_pigz("-p", "2", "-b", "128"),
    "pigz, independent": lambda: by_pigz("-i", "-p", "2", "-b", "128"),
    "full flush": lambda: flushed(zlib.Z_FULL_FLUSH),
    "sync flush": lambda: flushed(zlib.Z_SYNC_FLUSH, 9),
    "partial flush": lambda: flushed(zlib.Z_PARTIAL_FLUSH),
    "members": lambda: in_members(70_000),
    "small members": lambda: in_members(900),
    "members with zeros between": lambda: in_members(200_000, bytes(600)),
}


def ranges() -> list[tuple[int, int]]:
    chance = random.Random(9)
    corners = [(0, 0), (0, 1), (len(CONTENT) - 1, 1), (len(CONTENT), 0), (0, len(CONTENT))]
    starts = [chance.randrange(len(CONTENT)) for _ in range(40)]
    return corners + [(at, min(chance.choice([1, 512, 5000, 200_000]), len(CONTENT) - at)) for at in starts]


def assert_reads(packed: bytes, compression: str, points: bytes | None) -> None:
    file = io.BytesIO(packed)
    for offset, size in ranges():
        found = b"".join(read_range(file, compression, points, offset, size))
        assert found == CONTENT[offset : offset + size], (offset, size)


def rows(points: bytes) -> list[tuple[int, int]]:
    table = points[seekpoints.HEADER.size :][: ROW.size * len(seekpoints.offsets(points))]
    return [row[:2] for row in ROW.iter_unpack(table)]


@pytest.mark.parametrize("kind", GZIPS)
def test_every_kind_of_gzip_is_read_from_its_seek_points(kind):
    packed = GZIPS[kind]()
    points = gzip_seek_points(io.BytesIO(packed), len(packed), LIBZ, SPACING)

    assert len(seekpoints.offsets(points)) > 2
    assert_reads(packed, "gzip", points)


@pytest.mark.parametrize("bits", range(8))
def test_a_block_may_begin_at_any_bit(bits):
    for level in range(1, 10):
        packed = gzip.compress(CONTENT[level:], level)
        points = gzip_seek_points(io.BytesIO(packed), len(packed), LIBZ, 8 * KIB)
        for bit, offset in rows(points):
            if bit % 8 == bits:
                found = b"".join(read_range(io.BytesIO(packed), "gzip", points, offset, 3000))
                assert found == CONTENT[level:][offset : offset + 3000]
                return
    pytest.fail("no block of nine files begins there")


def test_a_point_inside_a_member_leads_through_the_members_behind_it():
    packed = gzip.compress(CONTENT) + bytes(100) + gzip.compress(b"") + gzip.compress(CONTENT)
    points = gzip_seek_points(io.BytesIO(packed), len(packed), LIBZ, SPACING)
    for _, offset in rows(points):
        found = b"".join(read_range(io.BytesIO(packed), "gzip", points, offset, 2 * len(CONTENT) - offset))
        assert found == (CONTENT * 2)[offset:]


@pytest.mark.parametrize("points", [None, b"", b"isp1", b"nonsense" * 10, bytes(4000)])
def test_without_points_that_can_be_used_it_is_read_from_the_start(points):
    assert_reads(gzip.compress(CONTENT, 1), "gzip", points)


def test_plain_needs_no_points():
    assert build_seek_points(io.BytesIO(CONTENT), "plain") == NO_POINTS
    assert_reads(CONTENT, "plain", None)


def test_a_small_layer_needs_none():
    points = build_seek_points(io.BytesIO(gzip.compress(CONTENT)), "gzip")

    assert seekpoints.offsets(points) == []


@pytest.mark.parametrize("compression", ["plain", "gzip", "zstd"])
def test_a_range_beyond_the_end_is_an_error(compression):
    packed = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}[compression](CONTENT)

    with pytest.raises(MalformedLayer, match="100 bytes early"):
        list(read_range(io.BytesIO(packed), compression, None, len(CONTENT) - 50, 150))


def test_damage_behind_a_point_is_an_error():
    packed = gzip.compress(CONTENT)
    points = gzip_seek_points(io.BytesIO(packed), len(packed), LIBZ, SPACING)
    bit, offset = rows(points)[4]
    damaged = packed[: bit // 8 + 1] + b"\xff" * 300 + packed[bit // 8 + 301 :]

    with pytest.raises(MalformedLayer, match="no good gzip data"):
        list(read_range(io.BytesIO(damaged), "gzip", points, offset, 100_000))


def test_points_stay_few_by_growing_apart(monkeypatch):
    monkeypatch.setattr(seekpoints, "POINTS", 10)
    packed = gzip.compress(CONTENT)
    points = gzip_seek_points(io.BytesIO(packed), len(packed), LIBZ, 8 * KIB)

    assert 3 < len(seekpoints.offsets(points)) <= 10
    assert_reads(packed, "gzip", points)


def test_the_nearest_point_before_a_place_is_found():
    points = SeekPoints(10)
    for offset in (10, 20, 30):
        points.add(SeekPoint(offset * 3, offset, b"%d" % offset * 100))
    packed = points.pack()

    assert nearest(packed, 9) == START
    assert nearest(packed, 10) == nearest(packed, 19) == SeekPoint(30, 10, b"10" * 100)
    assert nearest(packed, 10**12) == SeekPoint(90, 30, b"30" * 100)
    assert seekpoints.widest_gap(packed, 100) == 70


def zstd_frames(size: int, **options) -> bytes:
    parts = (CONTENT[at : at + size] for at in range(0, len(CONTENT), size))
    return b"".join(zstandard.ZstdCompressor(**options).compress(part) for part in parts)


@pytest.mark.parametrize("told", [True, False], ids=["size told", "size untold"])
@pytest.mark.parametrize("size", [70_000, 1000])
def test_zstd_of_many_frames_is_read_from_them(size, told):
    packed = b"\x50\x2a\x4d\x18\x03\0\0\0abc" + zstd_frames(size, write_content_size=told)
    points = zstd_seek_points(io.BytesIO(packed), len(packed), SPACING)

    assert len(seekpoints.offsets(points)) > 5
    assert_reads(packed, "zstd", points)


def test_zstd_of_one_frame_has_no_points():
    packed = zstandard.compress(CONTENT)
    points = zstd_seek_points(io.BytesIO(packed), len(packed), SPACING)

    assert seekpoints.offsets(points) == []
    assert_reads(packed, "zstd", points)


def reframed(content: bytes) -> io.BytesIO:
    out = io.BytesIO()
    write_reframed(iter([content[:5], b"", content[5:]]), out)
    return out


def test_a_reframed_layer_is_read_anywhere():
    content = CONTENT * 4
    file = reframed(content)
    for offset, size in [(0, 1), (MIB - 1, 2), (3 * MIB, 5), (len(content) - 9, 9), (100, 2 * MIB)]:
        assert b"".join(read_reframed(file, offset, size)) == content[offset : offset + size]


def test_an_empty_layer_is_reframed():
    assert list(read_reframed(reframed(b""), 0, 0)) == []


@pytest.mark.parametrize("damage", [lambda raw: raw[:-1], lambda raw: bytes(len(raw)), lambda raw: b""])
def test_a_reframed_layer_that_was_not_written_to_its_end_is_refused(damage):
    file = io.BytesIO(damage(reframed(CONTENT).getvalue()))

    with pytest.raises(MalformedLayer, match="the reframed layer"):
        list(read_reframed(file, 5, 5))


def test_damage_in_a_reframed_layer_is_noticed():
    raw = bytearray(reframed(CONTENT).getvalue())
    raw[5000] ^= 1

    with pytest.raises(MalformedLayer, match="no good zstd data"):
        list(read_reframed(io.BytesIO(raw), 5, 900_000))
