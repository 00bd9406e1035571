"""The content of files, out of layers stored in every form."""

import gzip
import io
import os
import random

import pytest
import zstandard

from layers import storage
from layers.models import Blob, Layer, StoredLayer
from layers.oci.changeset.entry import Entry, Extra, Kind
from layers.oci.changeset.gzipseek import gzip_seek_points
from layers.oci.changeset.libz import LIBZ
from layers.oci.changeset.seek import build_seek_points
from layers.oci.changeset.seekpoints import NO_POINTS
from layers.oci.digest import Digest
from layers.oci.limits import KIB, MIB
from layers.queries import files
from layers.queries.files import ContentMissing, fill_cache, open_entry

TAR = random.Random(2).randbytes(600 * KIB) + b"".join(b"line %d\n" % n for n in range(100_000))
OFFSET, SIZE = 900 * KIB, 300 * KIB
CONTENT = TAR[OFFSET : OFFSET + SIZE]
PACKERS = {"plain": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered():
    files._made_seek_points.cache_clear()


@pytest.fixture
def layer() -> Layer:
    return Layer.objects.create(
        diff_id=Digest.of(TAR),
        tar_size=len(TAR),
        content_size=0,
        member_count=0,
        first_entry=0,
        entry_count=0,
    )


def keep(layer: Layer, compression: str, raw: bytes = b"", points: bytes | None = None) -> StoredLayer:
    raw = raw or PACKERS[compression](TAR)
    digest = Digest.of(raw)
    with storage.Staging() as staging:
        staging.publish(staging.write(raw), digest)
    blob = Blob.objects.create(digest=digest, size=len(raw))
    return StoredLayer.objects.create(layer=layer, blob=blob, compression=compression, seek_points=points)


def entry(
    size: int = SIZE, extra: Extra | None = None, kind: Kind = Kind.FILE, offset: int = OFFSET
) -> Entry:
    return Entry(1, b"name", kind, 0o644, 0, 0, size, 0, offset, None, None, extra)


def cached_files(data_dir) -> list[str]:
    return sorted(path.name for path in (data_dir / "cache").glob("[!.]*"))


@pytest.mark.parametrize("compression", PACKERS)
def test_a_file_is_read_whole_and_in_part(layer, compression):
    keep(layer, compression)
    reader = open_entry(entry(), layer)

    assert reader.size == SIZE
    assert b"".join(reader.chunks()) == CONTENT
    assert b"".join(reader.chunks(SIZE - 10)) == CONTENT[-10:]
    assert reader.read(1000, 50) == CONTENT[1000:1050]
    assert reader.read(SIZE - 5, 50) == CONTENT[-5:]
    assert reader.read(SIZE + 5, 50) == b""


def test_an_empty_file_reads_nothing(layer):
    keep(layer, "gzip")

    assert open_entry(entry(0), layer).read(0, 10) == b""


def test_holes_of_a_sparse_file_are_zeros(layer):
    keep(layer, "gzip")
    regions = ((5000, 100), (9000, 1000), (9 * MIB, 50))
    whole = bytearray(10 * MIB)
    at = 0
    for start, size in regions:
        whole[start : start + size] = CONTENT[at : at + size]
        at += size
    reader = open_entry(entry(len(whole), Extra(sparse=regions)), layer)

    assert b"".join(reader.chunks()) == whole
    assert max(map(len, reader.chunks())) <= MIB
    for offset, size in [
        (0, 10),
        (4990, 20),
        (5050, 5000),
        (9500, 10),
        (8 * MIB, 2 * MIB),
        (9 * MIB + 49, 9),
    ]:
        assert reader.read(offset, size) == whole[offset : offset + size]


def test_a_sparse_file_may_be_one_hole(layer):
    keep(layer, "plain")

    assert open_entry(entry(3 * MIB, Extra(sparse=((3 * MIB, 0),))), layer).read(MIB, 5) == bytes(5)


def test_only_files_have_content(layer):
    keep(layer, "plain")
    with pytest.raises(ValueError, match="dir has no content"):
        open_entry(entry(kind=Kind.DIRECTORY), layer)


def test_another_form_is_read_where_one_is_gone(layer):
    gone = keep(layer, "plain")
    keep(layer, "gzip")
    storage.blob_path(gone.blob.digest).unlink()

    assert open_entry(entry(), layer).read(0, 9) == CONTENT[:9]


def test_a_layer_that_is_not_kept_is_named(layer):
    with pytest.raises(ContentMissing, match=layer.diff_id):
        open_entry(entry(), layer)


def test_a_blob_that_goes_away_between_two_reads_is_named(layer):
    stored = keep(layer, "plain")
    reader = open_entry(entry(), layer)
    storage.blob_path(stored.blob.digest).unlink()

    with pytest.raises(ContentMissing, match=stored.blob.digest):
        reader.read(0, 1)


@pytest.fixture
def single_frame(layer, settings, monkeypatch) -> StoredLayer:
    """A zstd layer without a place to begin at, large by the measure of the test."""
    monkeypatch.setattr(files, "NEAR", 100 * KIB)
    settings.CACHE_SIZE = 10 * MIB
    stored = keep(layer, "zstd")
    with storage.open_blob(stored.blob.digest) as file:
        stored.seek_points = build_seek_points(file, "zstd")
    stored.save()
    return stored


def test_a_deep_read_of_a_large_frame_fills_the_cache(layer, single_frame, data_dir):
    reader = open_entry(entry(), layer)
    assert open_entry(entry(offset=0), layer).read(0, 4) == TAR[:4]
    assert not (data_dir / "cache").exists()

    assert reader.read(100, 50) == CONTENT[100:150]
    assert cached_files(data_dir) == [Digest(single_frame.blob.digest).hex + ".zst"]
    assert b"".join(reader.chunks()) == CONTENT


def test_the_cache_is_filled_ahead_where_seek_points_do_not_help(single_frame, data_dir):
    fill_cache(single_frame)

    assert len(cached_files(data_dir)) == 1


def test_the_cache_is_not_filled_where_seek_points_help(layer, data_dir, monkeypatch):
    monkeypatch.setattr(files, "NEAR", 2 * MIB)
    fill_cache(keep(layer, "gzip", points=NO_POINTS))

    assert not (data_dir / "cache").exists()


def test_seek_points_are_used_as_soon_as_they_are_made(layer, monkeypatch):
    monkeypatch.setattr(files, "NEAR", 100 * KIB)
    raw = gzip.compress(TAR)
    stored = keep(layer, "gzip", raw)
    reader = open_entry(entry(), layer)
    assert reader.read(0, 9) == CONTENT[:9]

    StoredLayer.objects.update(seek_points=gzip_seek_points(io.BytesIO(raw), len(raw), LIBZ, 64 * KIB))
    storage.blob_path(stored.blob.digest).write_bytes(bytes(1000) + raw[1000:])
    assert reader.read(0, 9) == CONTENT[:9]


def test_a_damaged_cache_is_dropped_and_the_layer_read(layer, single_frame, data_dir):
    reader = open_entry(entry(), layer)
    reader.read(0, 1)
    (path,) = (data_dir / "cache").glob("*.zst")
    for damaged in (bytes(path.stat().st_size), b"", b"\0" * 700_000 + path.read_bytes()[700_000:]):
        path.write_bytes(damaged)
        assert b"".join(reader.chunks()) == CONTENT
        assert not path.exists()


def test_a_layer_too_large_for_the_cache_is_read_from_its_start(layer, single_frame, data_dir, settings):
    settings.CACHE_SIZE = 100 * KIB

    assert open_entry(entry(), layer).read(0, 50) == CONTENT[:50]
    assert not (data_dir / "cache").exists()


def test_nothing_stays_open_after_a_read(layer):
    keep(layer, "gzip")
    before = len(os.listdir("/proc/self/fd"))
    reader = open_entry(entry(), layer)
    reader.read(5, 5)
    next(reader.chunks())

    assert len(os.listdir("/proc/self/fd")) == before
