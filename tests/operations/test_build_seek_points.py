"""Seek points of layers that have none yet."""

import gzip
import random

import pytest

from layers import storage
from layers.models import Blob, Layer, StoredLayer
from layers.oci.changeset import seekpoints
from layers.oci.digest import Digest
from layers.oci.limits import MIB
from layers.operations import build_seek_points as operation
from layers.operations.build_seek_points import build_seek_points

TAR = random.Random(6).randbytes(3 * MIB)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(operation, "SMALL", MIB)


def keep(raw: bytes, compression: str, tar_size: int = len(TAR)) -> StoredLayer:
    digest = Digest.of(raw)
    with storage.Staging() as staging:
        staging.publish(staging.write(raw), digest)
    layer = Layer.objects.create(
        diff_id=digest, tar_size=tar_size, content_size=0, member_count=0, first_entry=0, entry_count=0
    )
    blob = Blob.objects.create(digest=digest, size=len(raw))
    return StoredLayer.objects.create(layer=layer, blob=blob, compression=compression)


def points_of(stored: StoredLayer) -> bytes | None:
    stored.refresh_from_db()
    return stored.seek_points


def test_a_gzip_layer_gets_its_points_once():
    stored = keep(gzip.compress(TAR), "gzip")

    assert build_seek_points() == 1
    assert len(seekpoints.offsets(points_of(stored))) == 1
    assert build_seek_points() == 0


def test_plain_and_small_layers_need_none():
    keep(TAR, "plain")
    keep(gzip.compress(b"small"), "gzip", tar_size=5)

    assert build_seek_points() == 0


def test_a_damaged_layer_and_a_missing_one_do_not_hold_up_the_others(caplog):
    good = keep(gzip.compress(TAR), "gzip")
    keep(gzip.compress(TAR)[:-100_000], "gzip")
    storage.blob_path(keep(gzip.compress(TAR[1:]), "gzip").blob.digest).unlink()

    assert build_seek_points() == 1
    assert points_of(good) is not None
    assert [record.message.partition(" sha256")[0] for record in caplog.records] == [
        "No seek points for blob"
    ] * 2
