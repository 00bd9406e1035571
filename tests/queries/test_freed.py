"""What a deletion would free is what it then frees: blobs, bytes, layers and rows."""

import random
from contextlib import suppress

import pytest
from django.db import transaction

from layers.models import (
    Blob,
    Chain,
    Change,
    Directory,
    FileEntry,
    Image,
    Layer,
    UpperRow,
)
from layers.oci.errors import OCIError
from layers.operations.collect_garbage import NO_GRACE, collect_garbage
from layers.operations.create_container import create_container
from layers.operations.delete_image import delete_images
from layers.operations.import_archive import import_archive
from layers.queries.freed import Freed, Holdings
from layers.storage import blob_path, stored_digests
from tests.oracle.golden import GOLDEN

pytestmark = pytest.mark.django_db

SHELVES = {
    "walk-through": ["01-webserver", "02-delete-opaque"],
    "several platforms": ["11-multiarch", "04-hardlinks"],
    "tags and twins": ["12-tags-dangling-identical", "01-webserver"],
    "forms of one image": ["10-formats"],
    "edits": ["15-edit-ops", "09-config", "14-commit-config"],
}


def load(cases: list[str]) -> None:
    for case in cases:
        for path in sorted((GOLDEN / case).glob("*.tar")):
            with suppress(OCIError):  # Some of the recorded archives are refused.
                import_archive(path)


def counted() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Layer, FileEntry, Directory, Change))


def really_freed(images: list[Image]) -> Freed:
    """Delete them, and look at what is gone."""
    before, blobs = counted(), {blob.digest: blob.size for blob in Blob.objects.all()}
    chains = {chain.chain_id: chain.depth for chain in Chain.objects.all()}
    files = set(stored_digests())
    with transaction.atomic():
        delete_images(lambda: Image.objects.filter(pk__in=[image.pk for image in images]))
    collected = collect_garbage(grace=NO_GRACE)
    assert collected.digests == ()
    left = set(Blob.objects.values_list("digest", flat=True))
    gone = sorted(blobs.keys() - left)
    assert files - set(stored_digests()) == set(gone)
    after = counted()
    dead = chains.keys() - set(Chain.objects.values_list("chain_id", flat=True))
    return Freed(
        chain_ids=tuple(sorted(dead)),
        digests=tuple(gone),
        size=sum(blobs[digest] for digest in gone),
        layers=before[0] - after[0],
        entries=before[1] - after[1],
        directories=before[2] - after[2],
        changes=before[3] - after[3],
    )


def in_any_order(freed: Freed) -> Freed:
    return Freed(tuple(sorted(freed.chain_ids)), *(getattr(freed, name) for name in Freed.__slots__[1:]))


@pytest.mark.slow
@pytest.mark.parametrize("name", SHELVES)
def test_what_would_be_freed_is_what_is_freed(name):
    load(SHELVES[name])
    collect_garbage(grace=NO_GRACE)
    keys = list(Image.objects.values_list("pk", flat=True))
    dice = random.Random(name)
    several = [dice.sample(keys, k=dice.randint(2, len(keys))) for _ in range(4)] if len(keys) > 1 else []
    for chosen in [*([key] for key in keys), keys, *several]:
        point = transaction.savepoint()
        expected = in_any_order(Holdings().freed(chosen))
        files = {digest: blob_path(digest).read_bytes() for digest in stored_digests()}
        assert really_freed(list(Image.objects.filter(pk__in=chosen))) == expected
        transaction.savepoint_rollback(point)
        put_back(files)


def put_back(files: dict[str, bytes]) -> None:
    """What was deleted for good: the rows come back with the transaction, the files do not."""
    for digest, raw in files.items():
        path = blob_path(digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)


def test_what_a_container_holds_stays():
    load(["01-webserver"])
    image = Image.objects.get(references__tag="v2")
    container = create_container(image=image)
    row = UpperRow(
        container=container, path=b"a", kind=0, mode=0, uid=0, gid=0, size=1, mtime=0, link_group=0
    )
    row.opaque, row.content = False, image.config
    row.save()
    freed = Holdings().freed([image.pk])

    assert image.config.digest not in freed.digests
    assert len(freed.digests) == len(set(freed.digests)) > 0


def test_nothing_goes_with_nothing():
    load(["01-webserver"])

    assert Holdings().freed([]) == Freed((), (), 0, 0, 0, 0, 0)
