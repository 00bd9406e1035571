"""A tar dropped on a directory of a container: the import's reader, and tar's own manners."""

import bz2
import gzip
import lzma

import pytest
import zstandard

from layers.models import Container
from layers.oci.changeset.entry import Kind
from layers.oci.errors import EditRefused, LimitExceeded, MalformedLayer
from layers.oci.limits import Limits
from layers.operations.create_container import create_container
from layers.operations.import_archive import import_archive
from layers.operations.undo_edit import undo
from layers.operations.unpack_tar import unpack_tar
from layers.queries.container_changes import container_changes
from layers.queries.container_files import open_container_file
from layers.queries.container_tree import container_lookup, container_walk
from layers.storage import stored_digests
from tests.oci.edits import GOLDEN
from tests.oci.tars import header, member, pax, tar

pytestmark = pytest.mark.django_db
CHARACTER, DIRECTORY, HARDLINK, SYMLINK = b"3", b"5", b"1", b"2"


@pytest.fixture
def container() -> Container:
    image = import_archive(GOLDEN / "15-edit-ops" / "image.tar").images[0]
    return create_container(image=image, name="web")


def unpack(container: Container, *members: bytes, directory: bytes = b"srv/new") -> int:
    return unpack_tar(container=container, directory=directory, stream=tar(*members))


def content(container: Container, path: bytes) -> bytes:
    return b"".join(open_container_file(container, path, follow=True).chunks())


def test_members_come_with_their_metadata(container):
    count = unpack(
        container,
        member(b"./a/", kind=DIRECTORY, mode=0o750),
        member(b"./a/f", b"hello", mode=0o4755, mtime=1_234_567_890),
        member(b"./a/s", kind=SYMLINK, linkname=b"f"),
        member(b"./a/h", kind=HARDLINK, linkname=b"./a/f"),
        pax([(b"uid", b"4000000000"), (b"SCHILY.xattr.user.k", b"v")]),
        member(b"./deep/er/f", b""),
    )
    file = container_lookup(container, b"srv/new/a/f").entry

    assert count == 5
    assert (file.mode, file.mtime, file.size) == (0o4755, 1_234_567_890, 5)
    assert container_lookup(container, b"srv/new/a").entry.mode == 0o750
    assert content(container, b"srv/new/a/h") == content(container, b"srv/new/a/s") == b"hello"
    assert container_lookup(container, b"srv/new/deep/er/f").entry.uid == 4_000_000_000
    assert container_lookup(container, b"srv/new/deep/er/f").entry.extra.xattrs == ((b"user.k", b"v"),)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_packed_tars(container, pack):
    unpack_tar(container=container, directory=b"", stream=pack(tar(member(b"f", b"packed"))))

    assert content(container, b"f") == b"packed"


def test_it_is_one_step(container):
    unpack(container, member(b"a", b"1"), member(b"b", b"2"))
    undo(container=container)

    assert container_changes(container).rows == []


@pytest.mark.parametrize("target", [b"", b"t" * 4096])
def test_a_symlink_that_no_system_makes_is_refused(container, target):
    link = header(b"s", kind=SYMLINK)
    with pytest.raises(EditRefused, match="target has 1 to 4095 bytes"):
        unpack(container, pax([(b"linkpath", target)]) + link if target else link)


@pytest.mark.parametrize("name", [b"/etc/passwd", b"../../etc/passwd", b"x/../../../etc/passwd"])
def test_nothing_lands_outside_the_directory(container, name):
    unpack(container, member(name, b"mine"))

    assert content(container, b"srv/new/etc/passwd") == b"mine"
    assert content(container, b"etc/passwd") != b"mine"


def test_a_symlink_of_the_tar_leads_on_inside_the_container_only(container):
    unpack(container, member(b"out", kind=SYMLINK, linkname=b"/../../tmp"), member(b"out/f", b"inside"))

    assert content(container, b"tmp/f") == b"inside"


def test_what_is_there_gives_way_but_no_directory_does(container):
    unpack(
        container,
        member(b"current", b"no link"),
        member(b"www/", kind=DIRECTORY, mode=0o700),
        directory=b"srv",
    )

    assert container_lookup(container, b"srv/current").entry.kind is Kind.FILE
    assert container_lookup(container, b"srv/www/index.html")
    with pytest.raises(EditRefused, match="cannot take its place"):
        unpack(container, member(b"www", b"file"), directory=b"srv")


def test_a_sparse_file_is_filled(container):
    records = [(b"GNU.sparse.size", b"20"), (b"GNU.sparse.map", b"5,3,12,2"), (b"GNU.sparse.numblocks", b"2")]
    unpack(container, pax(records), member(b"s", b"abcde"))

    assert content(container, b"srv/new/s") == b"\0" * 5 + b"abc" + b"\0" * 4 + b"de" + b"\0" * 6


def test_the_same_content_twice_is_kept_once(container):
    before = set(stored_digests())
    unpack(container, member(b"a", b"twin"), member(b"b", b"twin"), member(b"empty"))

    assert len(set(stored_digests()) - before) == 1


@pytest.mark.parametrize(
    ("stream", "error"),
    [
        (tar(member(b"f", b"1"))[:700], MalformedLayer),
        (b"no tar at all" * 100, MalformedLayer),
        (gzip.compress(tar(member(b"f", b"1")), mtime=0)[:-9], MalformedLayer),
        (tar(member(b"f", b"1"), member(b".wh.f")), EditRefused),
        (tar(member(b"f", b"1"), member(b"h", kind=HARDLINK, linkname=b"none")), EditRefused),
        (tar(member(b"f", b"1"), member(b"n" * 90 + b"/" + b"\xff" * 5, kind=b"~")), MalformedLayer),
        (tar(pax([(b"path", b"x" * 256)]), member(b"f", b"1")), LimitExceeded),
    ],
    ids=["cut", "no tar", "cut gzip", "whiteout", "broken link", "unknown type", "long name"],
)
def test_a_bad_tar_leaves_nothing(container, stream, error):
    before = set(stored_digests())
    with pytest.raises(error):
        unpack_tar(container=container, directory=b"", stream=stream)

    assert container_changes(container).rows == []
    assert set(stored_digests()) == before


def test_too_many_members_are_refused(container, settings):
    settings.LIMITS = Limits(layer_entries=3)
    with pytest.raises(LimitExceeded, match="layer_entries = 3"):
        unpack(container, *(member(b"f%d" % number) for number in range(4)))


def test_special_files_come_by_tar(container):
    unpack(container, member(b"null", kind=CHARACTER, mode=0o666))

    assert [row.entry.kind for row in container_walk(container, b"srv/new")] == [Kind.CHARACTER]
