"""What comes out of packed streams: whole ones, odd ones, broken ones, bombs."""

import bz2
import gzip
import lzma
import random
import zlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
import zstandard

from layers.oci.changeset.compression import PIECE_SIZE, Compression, decompressed, sniff
from layers.oci.errors import LimitExceeded, MalformedLayer
from layers.oci.limits import MIB, Limits

LIMITS = Limits()
TEXT = b"".join(b"%d bottles of beer on the wall\n" % number for number in range(3_000))
NOISE = random.Random(1).randbytes(200_000)


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(data)


PACKERS = {"gzip": gzip.compress, "zstd": zstd, "bzip2": bz2.compress, "xz": lzma.compress}
SKIPPABLE = b"\x5a\x2a\x4d\x18" + (700).to_bytes(4, "little") + bytes(700)


def chopped(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def unpacked(data: bytes, compression: Compression, limits: Limits = LIMITS, chunk: int = MIB) -> bytes:
    return b"".join(decompressed(chopped(data, chunk), compression, limits, "layer 1"))


def each_compression() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("compression", PACKERS)


@each_compression()
def test_a_stream_is_known_by_its_first_bytes(compression):
    assert sniff(PACKERS[compression](b"x")) == compression


def test_a_zstd_stream_may_start_with_a_skippable_frame():
    assert sniff(SKIPPABLE) == "zstd"
    assert unpacked(SKIPPABLE + zstd(TEXT), "zstd") == TEXT


@pytest.mark.parametrize("head", [b"", b"\x1f", b"etc/passwd\0\0", b"PK\x03\x04"])
def test_everything_else_is_plain(head):
    assert sniff(head) == "plain"


def test_plain_passes_through_as_it_comes():
    assert list(decompressed([b"ab", b"", b"c"], "plain", LIMITS, "layer 1")) == [b"ab", b"c"]


@each_compression()
@pytest.mark.parametrize("chunk", [1, 7, 4096, MIB])
def test_every_way_of_cutting_the_input_gives_the_same_bytes(compression, chunk):
    content = TEXT[:20_000] + NOISE[:5000]

    assert unpacked(PACKERS[compression](content), compression, chunk=chunk) == content


@each_compression()
@pytest.mark.parametrize("chunk", [97, MIB])
def test_all_members_and_frames_are_read(compression, chunk):
    pack = PACKERS[compression]

    assert unpacked(pack(TEXT) + pack(b"") + pack(NOISE), compression, chunk=chunk) == TEXT + NOISE


def test_the_footer_of_estargz_is_one_more_member():
    extra = b"\x1a\0SG\x16\0" + b"0" * 16 + b"STARGZ"
    footer = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + extra + b"\x01\0\0\xff\xff" + bytes(8)

    assert unpacked(gzip.compress(TEXT) + footer, "gzip", chunk=5) == TEXT


def test_a_gzip_header_with_every_field_is_read():
    body = gzip.compress(b"hello")[10:]
    header = b"\x1f\x8b\x08\x1c\0\0\0\0\0\x03" + b"\x03\0abc" + b"layer.tar\0" + b"a comment\0"

    assert unpacked(header + body, "gzip", chunk=3) == b"hello"


@pytest.mark.parametrize("zeros", [1, 511, 2 * MIB])
def test_zeros_may_follow_gzip(zeros):
    assert unpacked(gzip.compress(TEXT) + bytes(zeros), "gzip") == TEXT


def test_skippable_frames_of_zstd_chunked_are_passed_over():
    frames = [zstd(TEXT), SKIPPABLE, zstd(NOISE), SKIPPABLE]

    assert unpacked(b"".join(frames), "zstd", chunk=1000) == TEXT + NOISE


def test_pieces_are_bounded_and_small_ones_are_joined():
    members = gzip.compress(b"small") * 2000 + gzip.compress(bytes(4 * MIB))
    pieces = list(decompressed([members], "gzip", LIMITS, "layer 1"))

    assert max(map(len, pieces)) <= PIECE_SIZE
    assert len(pieces) < 20


@each_compression()
@pytest.mark.parametrize("lost", [1, 4, 9, 1000])
def test_a_stream_that_ends_early_is_named(compression, lost):
    with pytest.raises(MalformedLayer, match=r"layer 1: .*ends early"):
        unpacked(PACKERS[compression](NOISE)[:-lost], compression)


@pytest.mark.parametrize("length", range(1, 18))
def test_a_zstd_frame_cut_in_its_header_is_named(length):
    frame = zstd(b"four and twenty")

    with pytest.raises(MalformedLayer, match=r"layer 1: .*ends early"):
        unpacked(frame[:length], "zstd")


@each_compression()
def test_nothing_at_all_is_no_stream(compression):
    with pytest.raises(MalformedLayer, match=r"layer 1: .*ends early"):
        unpacked(b"", compression)


@each_compression()
def test_what_follows_the_last_member_is_refused(compression):
    with pytest.raises(MalformedLayer, match=r"layer 1: no "):
        unpacked(PACKERS[compression](TEXT) + b"surprise! surprise! surprise!", compression)


@each_compression()
def test_a_changed_byte_is_noticed(compression):
    packed = bytearray(PACKERS[compression](NOISE))
    packed[len(packed) // 2] ^= 4

    with pytest.raises(MalformedLayer, match=rf"layer 1: no good {compression} data"):
        unpacked(bytes(packed), compression)


@pytest.mark.parametrize("field", [-8, -1], ids=["crc", "isize"])
def test_a_wrong_gzip_trailer_is_noticed(field):
    packed = bytearray(gzip.compress(TEXT))
    packed[field] ^= 1

    with pytest.raises(MalformedLayer, match=r"layer 1: no good gzip data"):
        unpacked(bytes(packed), "gzip")


@cache
def zeros(compression: Compression) -> bytes:
    """16 MiB of zeros, packed."""
    if compression == "zstd":
        block = (128 * 1024 << 3 | 2).to_bytes(3, "little") + b"\0"
        return b"\x28\xb5\x2f\xfd\x00\x58" + block * 128 + b"\x01\0\0"
    packer = bz2.BZ2Compressor(9) if compression == "bzip2" else zlib.compressobj(1, wbits=31)
    return b"".join(packer.compress(bytes(MIB)) for _ in range(16)) + packer.flush()


@pytest.mark.parametrize("compression", ["gzip", "zstd", "bzip2"])
def test_a_bomb_stops_at_the_ratio(compression):
    limits = replace(LIMITS, ratio=100, ratio_floor=MIB)
    pieces = decompressed([zeros(compression)], compression, limits, "layer 1")

    with pytest.raises(LimitExceeded, match=r"layer 1: limit ratio = 100, found \d+"):
        assert sum(map(len, pieces)) == 0


@pytest.mark.parametrize("compression", ["gzip", "zstd", "plain"])
def test_a_bomb_stops_at_the_size(compression):
    data = bytes(16 * MIB) if compression == "plain" else zeros(compression)
    limits = replace(LIMITS, unpacked_size=10 * MIB)

    with pytest.raises(LimitExceeded, match=r"layer 1: limit unpacked_size = 10485760, found \d+"):
        unpacked(data, compression, limits)


def test_a_small_file_may_shrink_as_it_likes():
    assert len(unpacked(gzip.compress(bytes(10 * MIB)), "gzip", replace(LIMITS, ratio=10))) == 10 * MIB


@pytest.mark.parametrize(
    "member", [gzip.compress(b"", mtime=0), SKIPPABLE, zstd(b"")], ids=["gzip", "skippable", "zstd"]
)
def test_members_are_counted(member):
    with pytest.raises(LimitExceeded, match=r"layer 1: limit frames = 50, found 51"):
        unpacked(member * 60, sniff(member), replace(LIMITS, frames=50))


def test_a_zstd_window_above_the_limit_is_refused_from_the_header():
    with pytest.raises(LimitExceeded, match=r"layer 1: limit zstd_window = 134217728, found 2199023255552"):
        unpacked(b"\x28\xb5\x2f\xfd\x00" + bytes([31 << 3]) + b"\x01\0\0", "zstd")


def test_an_announced_size_is_not_believed():
    announced = b"\x28\xb5\x2f\xfd\xe0" + (1 << 62).to_bytes(8, "little") + b"\x01\0\0"

    with pytest.raises(LimitExceeded, match="limit zstd_window"):
        unpacked(announced, "zstd")


def test_a_large_window_within_the_limit_is_read():
    parameters = zstandard.ZstdCompressionParameters.from_level(1, window_log=27)

    assert unpacked(zstandard.ZstdCompressor(compression_params=parameters).compress(TEXT), "zstd") == TEXT


def test_a_reserved_block_type_is_refused():
    with pytest.raises(MalformedLayer, match="reserved type"):
        unpacked(b"\x28\xb5\x2f\xfd\x00\x58" + b"\x07\0\0", "zstd")


def test_an_error_of_the_input_is_not_blamed_on_the_data():
    def failing() -> Iterator[bytes]:
        yield gzip.compress(NOISE)[:1000]
        raise OSError(5, "Input/output error")

    with pytest.raises(OSError, match="Input/output"):
        list(decompressed(failing(), "gzip", LIMITS, "layer 1"))


@each_compression()
def test_random_damage_is_an_error_or_the_right_bytes(compression):
    chance = random.Random(7)
    packed = PACKERS[compression](TEXT[:3000])
    for _ in range(200):
        damaged = bytearray(packed)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        try:
            assert unpacked(bytes(damaged), compression) == TEXT[:3000]
        except (MalformedLayer, LimitExceeded):
            continue
