"""Commits: one layer more, the rest untouched, the same bytes for the same edits."""

import json
import re
from datetime import UTC, datetime

import pytest

from layers.models import Blob, Chain, Commit, Container, Image, Layer
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.reader import read_members
from layers.oci.config import parse_created
from layers.oci.errors import DigestMismatch, InvalidChange
from layers.oci.limits import Limits
from layers.oci.reference import Reference
from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.delete_image import delete_image
from layers.operations.edit_container import (
    change_mode,
    copy_path,
    make_directory,
    make_symlink,
    move_path,
    remove_paths,
)
from layers.operations.editing import EditConflict
from layers.operations.import_archive import import_archive
from layers.operations.remove_container import remove_container
from layers.operations.undo_edit import redo, undo
from layers.operations.write_file import write_file
from layers.queries.changes import changes
from layers.queries.commit_plan import CommitOptions
from layers.queries.commit_preview import preview_commit
from layers.queries.container_changes import container_changes
from layers.queries.container_files import open_container_file
from layers.queries.container_tree import container_walk
from layers.queries.images import find_image
from layers.queries.tree import walk
from layers.storage import abandoned_stagings, blob_path, open_blob, stored_digests
from tests.oracle.golden import GOLDEN
from tests.soundness import check_sound

PAGE = b"usr/share/nginx/html/index.html"
V2 = Reference.parse("nginx:v2")
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def container(db) -> Container:
    import_archive(GOLDEN / "01-webserver" / "image.tar")
    return create_container(image=find_image("nginx:latest"), name="webserver")


def document(digest: str):
    with open_blob(digest) as file:
        return json.load(file)


def config_of(image: Image):
    return document(image.image_id)


def layer_of(image: Image):
    """The members of the topmost layer."""
    row = image.image_layers.select_related("stored__blob").last()
    with open_blob(row.stored.blob.digest) as file:
        return list(read_members([file.read()], Limits()))


def tree(rows):
    """What can be seen of paths, wherever they come from."""
    return {
        row.path: (row.entry.kind, row.entry.mode, row.entry.uid, row.entry.mtime, row.entry.sha256)
        for row in rows
    }


def edit(container: Container) -> None:
    """A little of everything."""
    write_file(container=container, path=PAGE, data=b"<h1>Hello, Docker!</h1>\n")
    make_directory(container=container, path=b"opt/new", parents=True)
    write_file(container=container, path=b"opt/new/file", data=b"new")
    copy_path(container=container, source=PAGE, target=b"opt/copy")
    move_path(container=container, source=b"usr/sbin/nginx", target=b"usr/sbin/moved")
    change_mode(container=container, paths=[b"etc/passwd"], mode=0o600)
    make_symlink(container=container, path=b"link", target=b"opt/new")
    remove_paths(container=container, paths=[b"usr/share/nginx/html/50x.html"])


def test_image_shows_what_the_container_showed(container):
    edit(container)
    shown = tree(container_walk(container))
    rows = {(row.kind, row.path) for row in container_changes(container).rows}

    image = commit_container(container=container, reference=V2, author="Ann", message="first")

    top = image.image_layers.count() - 1
    assert tree(walk(image, top)) == shown
    assert {(row.kind, row.path) for row in changes(image, top).rows} == rows
    assert find_image("nginx:v2") == image


def test_layers_of_the_base_stay_as_they_are(container):
    edit(container)
    image = commit_container(container=container)

    base, new = container.image, list(image.image_layers.values_list("chain", "layer", "stored"))
    assert new[:-1] == list(base.image_layers.values_list("chain", "layer", "stored"))
    assert config_of(image)["rootfs"]["diff_ids"][:-1] == config_of(base)["rootfs"]["diff_ids"]


def test_config_tells_who_why_and_of_which_container(container):
    write_file(container=container, path=b"a", data=b"a")
    image = commit_container(
        container=container, author="Ann", message="Why", changes=["CMD sleep 1"], created=MOMENT
    )
    config = config_of(image)

    assert config["container"] == container.container_id
    assert config["config"]["Hostname"] == container.container_id[:12]
    assert config["config"]["Cmd"] == ["/bin/sh", "-c", "sleep 1"]
    assert config["container_config"]["Cmd"] == ["nginx", "-g", "daemon off;"]
    assert config["history"][-1] == {
        "created": "2026-01-02T03:04:05Z",
        "author": "Ann",
        "created_by": "nginx -g daemon off;",
        "comment": "Why",
    }
    assert (image.author, image.history_rows.last().comment) == ("Ann", "Why")


def test_the_time_is_now_to_the_nanosecond_at_most(container):
    before = datetime.now(UTC)
    created = config_of(commit_container(container=container))["created"]

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z", created)
    assert before <= parse_created(created) <= datetime.now(UTC)


def test_changes_kept_with_the_container_come_first(container):
    container.config_changes = ["ENV A=1", "STOPSIGNAL SIGINT"]
    container.save()

    config = config_of(commit_container(container=container, changes=["ENV B=$A"]))["config"]

    assert config["Env"][-2:] == ["A=1", "B=1"]
    assert config["StopSignal"] == "SIGINT"


def test_refused_change_leaves_nothing(container):
    write_file(container=container, path=b"a", data=b"a")
    before = set(stored_digests())

    with pytest.raises(InvalidChange):
        commit_container(container=container, changes=["ENV"])

    assert set(stored_digests()) == before
    assert list(abandoned_stagings()) == []


def test_nothing_edited_makes_a_row_and_no_layer(container):
    image = commit_container(container=container, message="only a note")

    assert image.chain == container.image.chain
    assert image.size == container.image.size
    assert config_of(image)["history"][-1]["empty_layer"] is True
    assert image.history_rows.last().empty_layer


def test_container_stays_on_its_image_unless_it_is_moved(container):
    write_file(container=container, path=b"a", data=b"a")
    base = container.image

    commit_container(container=container)
    container.refresh_from_db()
    assert container.image == base
    assert container_changes(container).total == 1

    image = commit_container(container=container, move_container=True)
    container.refresh_from_db()
    assert container.image == image
    assert container_changes(container).total == 0
    assert container.edits.count() == 0


def test_commit_goes_on_from_a_moved_container(container):
    write_file(container=container, path=b"a", data=b"a")
    first = commit_container(container=container, move_container=True)
    write_file(container=container, path=b"a", data=b"b")
    second = commit_container(container=container)

    assert second.image_layers.count() == first.image_layers.count() + 1
    assert len(config_of(second)["history"]) == len(config_of(container.image)["history"]) + 1


def test_same_edits_make_the_same_layer(container):
    other = create_container(image=container.image)
    for each in (container, other):
        write_file(container=each, path=b"a-b", data=b"a")
        make_directory(container=each, path=b"d")
        each.upper_rows.update(mtime=1_700_000_000)
        each.revision += 1
        each.save()

    layers = [commit_container(container=each).image_layers.last().layer for each in (container, other)]

    assert layers[0] == layers[1]
    assert Layer.objects.filter(diff_id=layers[0].diff_id).count() == 1
    assert Chain.objects.filter(layer=layers[0]).count() == 1


def test_reproducible_commits_are_one_image(container):
    other = create_container(image=container.image)
    for each in (container, other):
        write_file(container=each, path=b"a", data=b"a")

    images = [commit_container(container=each, reproducible=True) for each in (container, other)]

    assert images[0] == images[1]
    assert config_of(images[0])["created"] == container.image.created
    assert "container" not in config_of(images[0])
    created = datetime.fromisoformat(container.image.created).timestamp()
    assert all(member.mtime <= created for member in layer_of(images[0]))


def test_left_out_paths_are_not_in_the_layer(container):
    write_file(container=container, path=b"root/.bash_history", data=b"ls")
    write_file(container=container, path=b"tmp/y", data=b"x")
    write_file(container=container, path=b"kept", data=b"x")

    image = commit_container(container=container, leave_out=[b"/root/.bash_history", b"tmp"])

    assert [member.path for member in layer_of(image)] == [b"kept", b"root/"]


def test_what_is_left_out_stays_in_a_container_that_moves(container):
    edit(container)
    write_file(container=container, path=b"root/.bash_history", data=b"ls")
    write_file(container=container, path=b"opt/new/late", data=b"late")
    shown = tree(container_walk(container))
    left = [b"root/.bash_history", b"opt/new", b"usr/share/nginx/html/50x.html", b"usr/sbin/nginx"]

    image = commit_container(container=container, leave_out=left, move_container=True)

    container.refresh_from_db()
    in_layer = [member.path.rstrip(b"/") for member in layer_of(image)]
    assert tree(container_walk(container)) == shown
    assert b"opt/copy" in in_layer
    assert not any(path == out or path.startswith(out + b"/") for path in in_layer for out in left)
    assert {(row.kind, row.path) for row in container_changes(container).rows} == {
        *((("C", path)) for path in (b"opt", b"root", b"usr", b"usr/sbin", b"usr/share")),
        *((("C", path)) for path in (b"usr/share/nginx", b"usr/share/nginx/html")),
        *((("A", path)) for path in (b"opt/new", b"opt/new/file", b"opt/new/late", b"root/.bash_history")),
        *((("D", path)) for path in (b"usr/sbin/nginx", b"usr/share/nginx/html/50x.html")),
    }
    check_sound()


def test_undo_takes_back_what_was_left_out(container):
    write_file(container=container, path=b"tmp/x", data=b"x")
    write_file(container=container, path=b"kept", data=b"kept")
    image = commit_container(container=container, leave_out=[b"tmp"], move_container=True)

    undo(container=container)

    assert container_changes(container).total == 0
    assert tree(container_walk(container)) == tree(walk(image, image.image_layers.count() - 1))
    redo(container=container)
    assert open_container_file(container, b"tmp/x").read(0, 9) == b"x"


def test_a_second_commit_has_what_the_first_left_out(container):
    write_file(container=container, path=b"tmp/x", data=b"x")
    write_file(container=container, path=b"kept", data=b"kept")
    commit_container(container=container, leave_out=[b"tmp"], move_container=True)

    second = commit_container(container=container, move_container=True)

    assert [member.path for member in layer_of(second)] == [b"tmp/", b"tmp/x"]
    assert container_changes(container).total == 0


def test_of_two_moves_at_once_the_second_is_refused(container):
    write_file(container=container, path=b"a", data=b"a")
    base, first = container.image, []

    def overtake(progress):
        if not first:
            first.append(None)
            first[0] = commit_container(container=Container.objects.get(), reference=V2, move_container=True)

    with pytest.raises(EditConflict):
        commit_container(container=container, move_container=True, progress=overtake)

    container.refresh_from_db()
    assert container.image == first[0] != base
    assert find_image("nginx:v2") == first[0]
    assert Commit.objects.count() == 1


def test_taken_name_moves(container):
    write_file(container=container, path=b"a", data=b"a")
    image = commit_container(container=container, reference=Reference.parse("nginx"))

    assert find_image("nginx:latest") == image
    assert container.image != image


def test_edit_by_somebody_else_stops_a_commit_that_expects_none(container):
    write_file(container=container, path=b"a", data=b"a")
    seen = preview_commit(container, CommitOptions()).revision
    write_file(container=container, path=b"b", data=b"b")

    with pytest.raises(EditConflict):
        commit_container(container=container, revision=seen)

    assert find_image("nginx:v2").image_layers.count() == 5
    assert Image.objects.count() == 2


def test_preview_is_what_the_commit_makes(container):
    edit(container)
    options = CommitOptions(author="Ann", message="m", changes=["EXPOSE 81"], created="2026-01-02T03:04:05Z")
    preview = preview_commit(container, options)

    image = commit_container(
        container=container, author="Ann", message="m", changes=["EXPOSE 81"], created=MOMENT
    )

    layer = image.image_layers.select_related("layer").last().layer
    config = config_of(image)
    assert (preview.size, preview.tar_size) == (layer.content_size, layer.tar_size)
    assert len(preview.entries) == layer.member_count
    assert preview.layer_count == image.image_layers.count()
    assert preview.history_row == config["history"][-1]
    config["rootfs"]["diff_ids"][-1] = preview.config_after["rootfs"]["diff_ids"][-1]
    assert preview.config_after == config
    assert preview.config_before == config_of(container.image)


def test_damaged_content_is_not_committed(container):
    write_file(container=container, path=b"a", data=b"good")
    digest = container.upper_rows.get(path=b"a").content.digest
    blob_path(digest).chmod(0o600)
    blob_path(digest).write_bytes(b"evil")

    with pytest.raises(DigestMismatch):
        commit_container(container=container)

    assert Image.objects.count() == 2


def test_commit_outlives_its_container(container):
    edit(container)
    image = commit_container(container=container)
    remove_container(container=container)

    assert {member.kind for member in layer_of(image)} >= {Kind.FILE, Kind.DIRECTORY, Kind.SYMLINK}
    assert set(stored_digests()) == set(Blob.objects.values_list("digest", flat=True))


@pytest.mark.parametrize("archive", ["oci-gzip.tar", "docker28.tar"])
def test_manifest_of_the_base_gets_one_layer_more(archive, db):
    (base, *_rest) = import_archive(GOLDEN / "10-formats" / archive).images
    container = create_container(image=base)
    write_file(container=container, path=b"a", data=b"a")

    image = commit_container(container=container)

    old, new = (document(each.manifests.get().blob.digest) for each in (base, image))
    assert new["layers"][:-1] == old["layers"]
    assert new["config"]["digest"] == image.image_id
    assert {**new, "layers": 0, "config": 0} == {**old, "layers": 0, "config": 0}
    named = {blob.digest for blob in image.manifests.get().blobs.all()}
    assert named == {image.image_id, *(layer["digest"] for layer in new["layers"])}


def test_commit_is_remembered_with_what_was_asked_for(container):
    container.config_changes = ["ENV A=1"]
    container.save()
    write_file(container=container, path=b"tmp/\xff", data=b"x")
    base = container.image
    image = commit_container(
        container=container, reference=V2, changes=["USER app"], leave_out=[b"tmp/\xff"], reproducible=True
    )

    found = image.commits.get()
    assert (found.base, found.container_name, found.reference) == (base, "webserver", "nginx:v2")
    assert found.changes == ["ENV A=1", "USER app"]
    assert found.left_out == ["tmp/%FF"]
    assert (found.reproducible, found.moved) == (True, False)


def test_move_is_remembered_and_outlives_the_base(container):
    write_file(container=container, path=b"a", data=b"a")
    image = commit_container(container=container, reference=Reference.parse("nginx"), move_container=True)

    delete_image(image=image.commits.get().base)

    found = image.commits.get()
    assert (found.base, found.moved) == (None, True)


def test_commit_that_is_refused_is_not_remembered(container):
    write_file(container=container, path=b"a", data=b"a")

    with pytest.raises(EditConflict):
        commit_container(container=container, revision=container.revision + 1)

    assert Commit.objects.count() == 0


def test_commits_go_with_their_image(container):
    image = commit_container(container=container, message="only a note")
    delete_image(image=image)

    assert Commit.objects.count() == 0
