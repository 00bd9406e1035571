"""Edits of a container are kept at once, told by its diff, and undone step by step."""

import io
import os
from hashlib import sha256

import pytest
from django.db import transaction

from layers.models import Blob, Container, Edit, UpperRow
from layers.oci.changeset.entry import Kind
from layers.oci.errors import EditRefused, LimitExceeded
from layers.oci.limits import Limits
from layers.operations.clean_abandoned import clean_abandoned
from layers.operations.create_container import NameTaken, create_container
from layers.operations.edit_container import (
    change_mode,
    change_owner,
    copy_path,
    make_directory,
    make_symlink,
    move_path,
    remove_paths,
    restore_path,
    restore_paths,
)
from layers.operations.editing import EditConflict
from layers.operations.import_archive import import_archive
from layers.operations.prune_blobs import prune_blobs
from layers.operations.remove_container import remove_container
from layers.operations.rename_container import rename_container
from layers.operations.reset_container import reset_container
from layers.operations.stage_contents import Contents
from layers.operations.undo_edit import redo, undo
from layers.operations.write_file import ABSENT, write_file, write_files
from layers.queries.container_changes import container_changes, container_counts
from layers.queries.container_files import open_container_file
from layers.queries.container_tree import container_listing, container_lookup, container_walk
from layers.queries.containers import ContainerNotFound, find_container, list_containers
from layers.queries.tree import lookup, walk
from layers.queries.uppers import open_upper
from layers.storage import Staging, has_blob, stored_digests
from tests.oci.edits import GOLDEN

pytestmark = pytest.mark.django_db
PAGE = b"srv/www/index.html"


@pytest.fixture
def image():
    """The bottom image of the recorded edits, whose files are small."""
    return import_archive(GOLDEN / "15-edit-ops" / "image.tar").images[0]


@pytest.fixture
def container(image) -> Container:
    return create_container(image=image, name="web")


def diff(container: Container) -> list[str]:
    return [f"{row.kind} /{row.path.decode()}" for row in container_changes(container).rows]


def content(container: Container, path: bytes) -> bytes:
    return b"".join(open_container_file(container, path).chunks())


class TestContainers:
    def test_a_new_one_shows_the_image_and_has_changed_nothing(self, container, image):
        assert diff(container) == []
        assert [row[:2] for row in map(seen, container_walk(container))] == [
            row[:2] for row in map(seen, walk(image, 5))
        ]

    def test_a_name_is_given_where_none_is(self, image):
        names = {create_container(image=image).name for _ in range(3)}

        assert len(names) == 3
        assert all("_" in name for name in names)

    def test_a_name_is_taken_once(self, container, image):
        with pytest.raises(NameTaken, match=f"in use by container “{container.container_id}”"):
            create_container(image=image, name="/web")
        other = create_container(image=image, name="other")
        with pytest.raises(NameTaken):
            rename_container(container=other, name="web")
        rename_container(container=other, name="web.2")

        assert find_container("web.2") == other

    @pytest.mark.parametrize("name", ["x", "-web", "a b", "wéb", "../web", "w" * 129, "web/2"])
    def test_names_that_docker_refuses(self, image, name):
        with pytest.raises(EditRefused, match="Invalid container name"):
            create_container(image=image, name=name)

    def test_a_reset_leaves_nothing_of_it(self, container):
        write_file(container=container, path=PAGE, data=b"new")
        reset_container(container=container)

        assert (diff(container), Edit.objects.count(), UpperRow.objects.count()) == ([], 0, 0)
        assert not has_blob(f"sha256:{sha256(b'new').hexdigest()}")

    def test_a_removed_one_takes_along_what_only_it_had(self, container, image):
        before = set(stored_digests())
        other = create_container(image=image, name="other")
        write_file(container=container, path=PAGE, data=b"both")
        write_file(container=other, path=PAGE, data=b"both")
        write_file(container=container, path=PAGE, data=b"alone")

        assert remove_container(container=container) == len(b"alone")
        assert content(other, PAGE) == b"both"
        remove_container(container=other)
        assert set(stored_digests()) == before

    def test_a_prune_keeps_what_can_still_be_undone(self, container):
        write_file(container=container, path=PAGE, data=b"first")
        write_file(container=container, path=PAGE, data=b"second")
        undo(container=container)
        prune_blobs()
        redo(container=container)

        assert content(container, PAGE) == b"second"

    def test_a_list_tells_how_much_was_changed(self, container, image):
        create_container(image=image, name="other")
        write_file(container=container, path=b"srv/new", data=b"12345")
        rows = {row.container.name: row for row in list_containers()}

        assert (rows["web"].added, rows["web"].changed, rows["web"].size) == (1, 1, 5)
        assert rows["other"].change_count == 0

    def test_one_that_was_removed_is_not_edited(self, container):
        Container.objects.all().delete()
        with pytest.raises(ContainerNotFound, match="No such container: web"):
            make_directory(container=container, path=b"new")


def seen(row):
    return (row.path, row.entry[2:11], row.position, row.subtree_size)


class TestWriting:
    def test_a_file_gets_its_new_content(self, container):
        write_file(container=container, path=PAGE, data=io.BytesIO(b"<h1>Hello</h1>"))

        assert content(container, PAGE) == b"<h1>Hello</h1>"
        assert diff(container) == ["C /srv", "C /srv/www", f"C /{PAGE.decode()}"]

    def test_a_file_that_is_only_copied_up_keeps_the_images_content(self, container, image):
        change_mode(container=container, paths=[PAGE], mode=0o600)

        assert content(container, PAGE) == b"<h1>Hello, Docker!</h1>\n"
        assert lookup(image, 5, PAGE).entry.sha256 == container_lookup(container, PAGE).entry.sha256

    def test_who_opened_an_older_version_is_told(self, container):
        opened = container_lookup(container, PAGE).entry.sha256.hex()
        write_file(container=container, path=PAGE, data=b"mine", expected_sha256=opened)
        with pytest.raises(EditConflict, match="was changed since it was opened"):
            write_file(container=container, path=PAGE, data=b"theirs", expected_sha256=opened)
        remove_paths(container=container, paths=[PAGE])
        with pytest.raises(EditConflict, match="was deleted since it was opened"):
            write_file(container=container, path=PAGE, data=b"theirs", expected_sha256=opened)

        assert set(stored_digests()) & {f"sha256:{sha256(b'theirs').hexdigest()}"} == set()

    def test_a_new_file_does_not_overwrite_one_that_came_first(self, container):
        write_file(container=container, path=b"new", data=b"1", expected_sha256=ABSENT)
        with pytest.raises(EditConflict, match="/new exists by now"):
            write_file(container=container, path=b"new", data=b"2", expected_sha256=ABSENT)

    def test_an_empty_file_needs_no_blob(self, container):
        before = Blob.objects.count()
        write_file(container=container, path=b"empty", data=b"")

        assert (content(container, b"empty"), Blob.objects.count()) == (b"", before)

    def test_a_content_has_an_end(self, container, settings):
        settings.LIMITS = Limits(upload_size=10)
        with pytest.raises(LimitExceeded, match="upload_size = 10"):
            write_file(container=container, path=b"big", data=iter([b"123456", b"789012"]))

        assert diff(container) == []

    def test_a_folder_is_one_step(self, container):
        files = [(b"a/1", b"1"), (b"a/b/2", b"2"), (b"../../etc/hostname", b"h")]
        write_files(container=container, directory=b"srv/up", files=files)

        assert [row.path for row in container_walk(container, b"srv/up")] == [
            b"srv/up/a",
            b"srv/up/a/1",
            b"srv/up/a/b",
            b"srv/up/a/b/2",
            b"srv/up/etc",
            b"srv/up/etc/hostname",
        ]
        assert undo(container=container).label == "upload 3 files to /srv/up"
        assert diff(container) == []

    def test_a_part_of_a_written_file_is_read(self, container):
        write_file(container=container, path=b"f", data=b"0123456789")
        reader = open_container_file(container, b"f")

        assert (reader.size, reader.read(3, 4), reader.read(8, 9), b"".join(reader.chunks(7))) == (
            10,
            b"3456",
            b"89",
            b"789",
        )


class TestSteps:
    def test_every_step_is_undone_and_redone(self, container):
        steps = [
            lambda: write_file(container=container, path=b"srv/new", data=b"n"),
            lambda: make_directory(container=container, path=b"a/b", parents=True),
            lambda: move_path(container=container, source=b"srv/new", target=b"a/b/moved"),
            lambda: copy_path(container=container, source=b"srv/www", target=b"a/www"),
            lambda: remove_paths(container=container, paths=[b"srv/log", b"srv/log/error.log", b"pause"]),
            lambda: change_mode(container=container, paths=[b"a"], mode=0o700, recursive=True),
            lambda: change_owner(container=container, paths=[b"etc"], uid=33, gid=33, recursive=True),
            lambda: make_symlink(container=container, path=b"srv/log", target=b"/a"),
            lambda: restore_paths(container=container, paths=[b"srv/log", b"pause"]),
        ]
        states = [state(container)]
        for step in steps:
            step()
            states.append(state(container))
        for expected in states[-2::-1]:
            undo(container=container)
            assert state(container) == expected
        for expected in states[1:]:
            redo(container=container)
            assert state(container) == expected

    def test_a_new_step_ends_what_can_be_redone(self, container):
        make_directory(container=container, path=b"one")
        undo(container=container)
        make_directory(container=container, path=b"two")
        with pytest.raises(EditRefused, match="nothing to redo"):
            redo(container=container)
        undo(container=container)
        with pytest.raises(EditRefused, match="nothing to undo"):
            undo(container=container)

    def test_nobody_undoes_a_step_they_have_not_seen(self, container):
        make_directory(container=container, path=b"mine")
        number = container.edits.get().number
        make_directory(container=container, path=b"theirs")
        with pytest.raises(EditConflict, match="make directory /theirs"):
            undo(container=container, number=number)

    def test_what_comes_to_nothing_is_no_step(self, container):
        change_mode(container=container, paths=[b"etc"], mode=0o755)
        change_mode(container=container, paths=[b"etc"], mode=0o755)

        assert container.edits.count() == 1

    def test_a_refused_edit_changes_nothing(self, container):
        with pytest.raises(EditRefused):
            remove_paths(container=container, paths=[b"etc", b"nowhere"])

        assert (diff(container), container.revision, container.edits.count()) == ([], 0, 0)

    def test_a_step_says_what_it_was(self, container):
        remove_paths(container=container, paths=[b"etc", b"srv", b"tmp"])
        restore_path(container=container, path=b"etc")

        assert [edit.label for edit in container.edits.all()] == ["delete /etc and 2 more", "restore /etc"]


def state(container: Container) -> dict:
    return dict(open_upper(find_container(container.container_id)).entries)


class TestTwoTabs:
    def test_edits_of_two_people_are_both_kept(self, container):
        other = find_container("web")
        write_file(container=container, path=b"mine", data=b"1")
        write_file(container=other, path=b"theirs", data=b"2")

        assert diff(find_container("web")) == ["A /mine", "A /theirs"]

    def test_a_page_reads_one_revision_whole(self, container):
        before = find_container("web")
        assert diff(before) == []
        write_file(container=container, path=b"mine", data=b"1")

        assert diff(find_container("web")) == ["A /mine"]

    def test_an_edit_that_is_rolled_back_is_seen_by_nobody(self, container):
        with transaction.atomic():
            make_directory(container=container, path=b"lost")
            assert diff(container) == ["A /lost"]
            transaction.set_rollback(True)
        container = find_container("web")
        make_directory(container=container, path=b"kept")

        assert diff(container) == ["A /kept"]


class TestLooking:
    def test_totals_follow_the_edits(self, container):
        write_file(container=container, path=b"srv/www/big", data=b"x" * 1000)
        remove_paths(container=container, paths=[b"srv/cache"])
        make_directory(container=container, path=b"srv/cache")
        write_file(container=container, path=b"srv/cache/new", data=b"12")
        rows = list(container_walk(container))
        for directory in [row for row in rows if row.entry.kind is Kind.DIRECTORY]:
            below = [row for row in rows if row.path.startswith(directory.path + b"/")]
            listed = container_lookup(container, directory.path)
            links = {b"srv/www/home.html": 24}
            size = sum(row.entry.size for row in below if row.entry.kind is Kind.FILE)
            size -= sum(links.get(row.path, 0) for row in below)
            assert (listed.subtree_count, listed.subtree_size) == (len(below), size), directory.path
            listed_in = {
                row.path: row for row in container_listing(container, directory.path.rpartition(b"/")[0])
            }
            assert listed_in[directory.path] == listed

    def test_rows_say_which_layer_they_came_from(self, container):
        write_file(container=container, path=b"srv/new", data=b"n")

        positions = {row.path: row.position for row in container_listing(container, b"srv")}

        assert (positions[b"srv/cache"], positions[b"srv/bin"], positions[b"srv/new"]) == (3, 4, 6)

    def test_counts_tell_what_docker_does_not(self, container):
        change_mode(container=container, paths=[b"srv/www"], mode=0o755)

        assert container_counts(container) == {"A": 0, "C": 0, "D": 0, "silent": 2}

    @pytest.mark.parametrize("text", ["nothing", "WEB", "g" * 12])
    def test_who_is_not_there_is_not_found(self, container, text):
        with pytest.raises(ContainerNotFound, match=f"No such container: {text}"):
            find_container(text)

    def test_an_id_goes_by_its_beginning(self, container):
        assert (
            find_container(container.container_id[:6]) == find_container(container.container_id) == container
        )


class TestKilled:
    def test_a_content_nobody_came_to_use_is_taken_away(self, container):
        before = set(stored_digests())
        staging = Staging()
        Contents(staging).add([b"lost"])
        os.close(staging._lock)  # as the kernel does when its owner is killed

        assert set(stored_digests()) != before
        assert clean_abandoned() == 1
        assert set(stored_digests()) == before

    def test_a_content_that_another_write_needs_stays(self, container):
        staging = Staging()
        Contents(staging).add([b"same"])
        os.close(staging._lock)
        write_file(container=container, path=b"f", data=b"same")
        clean_abandoned()

        assert content(container, b"f") == b"same"
