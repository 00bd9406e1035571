"""What a preview shows is what the commit then makes, byte for byte, for the recorded edits."""

import json
from datetime import datetime
from hashlib import sha256

import pytest

from layers.models import Container, Image
from layers.oci.changeset.reader import read_members
from layers.oci.changeset.writer import write_in_order
from layers.oci.limits import Limits
from layers.operations.commit_container import commit_container
from layers.operations.write_dockerfile import write_dockerfile
from layers.queries.commit_plan import CommitOptions
from layers.queries.commit_preview import preview_commit
from layers.queries.config_diff import field_changes
from layers.storage import open_blob
from tests.recorded import CREATED, STEPS, recorded_container

OPTIONS = [
    {},
    {"author": "Ann", "message": "why", "changes": ["EXPOSE 81", 'CMD ["a", "b c"]', "LABEL x=y"]},
    {"reproducible": True},
]

pytestmark = pytest.mark.django_db


@pytest.fixture(params=STEPS, ids=lambda step: step["step"])
def container(request) -> Container:
    return recorded_container(request.param)


def layer_of(image: Image) -> bytes:
    with open_blob(image.image_layers.select_related("stored__blob").last().stored.blob.digest) as file:
        return file.read()


@pytest.mark.parametrize("options", OPTIONS, ids=["plain", "with words and changes", "reproducible"])
def test_entries_sizes_history_and_config_are_as_previewed(container, options):
    wished = CommitOptions(created="" if options.get("reproducible") else CREATED, **options)
    preview = preview_commit(container, wished)
    created = None if options.get("reproducible") else datetime.fromisoformat(CREATED)
    image = commit_container(container=container, revision=preview.revision, created=created, **options)

    tar = layer_of(image)
    content = {
        member.path: tar[member.offset : member.offset + member.size]
        for member in read_members([tar], Limits())
    }
    written = write_in_order(
        [entry.member for entry in preview.entries], lambda member: [content[member.path]]
    )
    assert b"".join(written) == tar
    assert preview.tar_size == len(tar)
    assert preview.size == image.image_layers.last().layer.content_size
    assert preview.layer_count == image.image_layers.count()
    with open_blob(image.image_id) as file:
        config = json.load(file)
    assert preview.history_row == config["history"][-1]
    diff_id = f"sha256:{sha256(tar).hexdigest()}"
    assert [change.after for change in field_changes(preview.config_after, config)] == [
        json.dumps([*preview.config_before["rootfs"]["diff_ids"], diff_id])
    ]


def test_every_entry_says_why_it_is_there(container):
    for entry in preview_commit(container, CommitOptions()).entries:
        assert entry.change is not None, entry.path
        assert entry.change.path == entry.path


def test_dockerfile_is_the_same_after_the_commit(container):
    before = write_dockerfile(container=container)
    commit_container(container=container)
    after = write_dockerfile(container=container)

    assert before.dockerfile == after.dockerfile
    assert b"".join(before.context()) == b"".join(after.context())
