"""A layer walked in another process: the same members, names and refusals as here."""

import gzip
from contextlib import ExitStack

import pytest

from layers.oci.changeset.walk import LayerWalk, StoredRange
from layers.oci.changeset.walker import Walker, received, sent
from layers.oci.errors import LimitExceeded, MalformedLayer
from layers.oci.limits import Limits
from tests.oci.tars import member, pax, tar

LIMITS = Limits(layer_entries=50)
TAR = tar(
    member(b"etc/", kind=b"5"),
    member(b"etc/motd", b"hello"),
    member(b"ln", kind=b"2", linkname=b"etc/motd"),
    pax([(b"SCHILY.xattr.user.x", b"\xff"), (b"mtime", b"1.5")]),
    member(b"odd", b"\0\1"),
)


@pytest.fixture
def stored(tmp_path):
    with ExitStack() as files:

        def write(data: bytes) -> StoredRange:
            path = tmp_path / "layers"
            path.write_bytes(b"before" + data + b"after")
            return StoredRange(files.enter_context(path.open("rb", buffering=0)), 6, len(data))

        yield write


@pytest.fixture
def walk(stored):
    """Walks data in another process, and answers with the walk and its members."""
    walkers = []

    def run(data: bytes, compression="plain"):
        place = stored(data)
        walkers.append(Walker(place.file, LIMITS))
        found = walkers[-1].walk(place, compression, "'layer'", lambda count: None)
        return found, list(found)

    yield run
    for walker in walkers:
        walker.close()


@pytest.mark.parametrize("compression", ["plain", "gzip"])
def test_another_process_finds_what_this_one_finds(walk, stored, compression):
    data = gzip.compress(TAR) if compression == "gzip" else TAR
    here = LayerWalk(stored(data), compression, LIMITS, "'layer'", lambda count: None)
    expected = list(here)

    there, members = walk(data, compression)

    assert members == expected
    assert (there.diff_id, there.tar_size) == (here.diff_id, here.tar_size)


def test_a_refusal_comes_back_as_itself(walk):
    with pytest.raises(MalformedLayer, match="short of a file's content"):
        walk(TAR[:1100])


def test_a_limit_comes_back_with_its_figures(walk):
    with pytest.raises(LimitExceeded, match="extension_size") as caught:
        walk(member(b"x", b"", kind=b"x", size_field=b"77777777777\0"))

    assert (caught.value.limit, caught.value.allowed) == ("extension_size", LIMITS.extension_size)


def test_a_process_that_is_killed_is_a_refusal_too(stored):
    place = stored(TAR)
    walker = Walker(place.file, LIMITS)
    walker.process.kill()
    walker.process.wait()

    with pytest.raises(MalformedLayer, match="ended early"):
        list(walker.walk(place, "plain", "'layer'", lambda count: None))
    walker.close()


def test_a_member_survives_being_sent(stored):
    members = list(LayerWalk(stored(TAR), "plain", LIMITS, "'layer'", lambda count: None))

    assert [received(sent(found)) for found in members] == members
