"""The tar writer: what it writes, our reader and the standard library's read back."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.oci.changeset.entry import Extra, Kind, Member
from layers.oci.changeset.reader import read_members
from layers.oci.changeset.writer import write_changeset
from layers.oci.limits import Limits


def member(path: bytes, kind: Kind = Kind.FILE, **fields) -> Member:
    plain = Member(path, kind, 0o644, 0, 0, 0, 0, 0, None, None, None)
    return plain._replace(**fields)


def written(*members: Member, content: bytes = b"") -> bytes:
    return b"".join(write_changeset(members, lambda _: (content,)))


def read(tar: bytes) -> list[Member]:
    return list(read_members([tar], Limits()))


def names(tar: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return archive.getnames()


def test_same_members_give_same_bytes_in_whatever_order():
    members = [member(b"b"), member(b"a/x"), member(b"a", Kind.DIRECTORY)]

    assert written(*members) == written(*reversed(members))


def test_parents_stand_before_children_and_hard_links_last():
    tar = written(
        member(b"a.d/x"),
        member(b"a", Kind.HARDLINK, linkname=b"a.d/x"),
        member(b"a.d", Kind.DIRECTORY),
        member(b"a-b"),
    )

    assert names(tar) == ["a-b", "a.d", "a.d/x", "a"]


def test_whiteouts_are_spelled_as_docker_does():
    tar = written(
        member(b"etc/motd", Kind.WHITEOUT),
        member(b"var", Kind.OPAQUE, mode=0o2750),
        member(b"gone", Kind.WHITEOUT),
    )

    assert names(tar) == [".wh.gone", "etc/.wh.motd", "var/.wh..wh..opq"]
    assert [(m.mode, m.size) for m in read(tar)] == [(0o600, 0), (0o600, 0), (0o750, 0)]


def test_plain_members_need_no_pax_header():
    tar = written(member(b"d" * 150 + b"/" + b"f" * 100, size=3, mode=0o4755, uid=0o7777777), content=b"abc")

    assert len(tar) == 512 * 4
    assert b"PaxHeaders" not in tar


@pytest.mark.parametrize(
    ("given_member", "records"),
    [
        (member(b"x" * 101), {"path": "x" * 101}),
        (member("Főtanúsítvány".encode()), {"path": "Főtanúsítvány"}),
        (member(b"l", Kind.SYMLINK, linkname=b"y" * 101), {"linkpath": "y" * 101}),
        (member(b"f", uid=2**21, gid=2**31), {"uid": "2097152", "gid": "2147483648"}),
        (member(b"f", mtime=-2, extra=Extra(mtime_ns=500_000_000)), {"mtime": "-1.5"}),
        (member(b"f", extra=Extra(xattrs=((b"user.a", b"1"),))), {"SCHILY.xattr.user.a": "1"}),
    ],
)
def test_pax_says_only_what_ustar_cannot(given_member, records):
    with tarfile.open(fileobj=io.BytesIO(written(given_member))) as archive:
        assert archive.getmembers()[0].pax_headers == records


@pytest.mark.parametrize("length", [*range(80, 110), *range(980, 1000)])
def test_pax_record_counts_its_own_digits(length):
    assert read(written(member(b"p" * length)))[0].path == b"p" * length


@given(
    path=st.lists(st.binary(min_size=1, max_size=120), min_size=1, max_size=4).map(b"/".join),
    numbers=st.tuples(*[st.integers(0, 2**32 - 2)] * 2, st.integers(-(2**40), 2**40)),
    nanoseconds=st.integers(0, 10**9 - 1),
    linkname=st.binary(min_size=1, max_size=150),
)
def test_reader_reads_what_the_writer_wrote(path, numbers, nanoseconds, linkname):
    path, linkname = (part.replace(b"\0", b"0").strip(b"/") or b"x" for part in (path, linkname))
    uid, gid, mtime = numbers
    link = member(path, Kind.SYMLINK, uid=uid, gid=gid, mtime=mtime, linkname=linkname)
    link = link._replace(extra=Extra(mtime_ns=nanoseconds) if nanoseconds else None)

    assert [found._replace(offset=0) for found in read(written(link))] == [link]


@pytest.mark.parametrize("numbers", [(1, 3), (2**21 - 1, 0), (2**21, 2**62 - 1), (-1, -(2**40))])
def test_devices_keep_their_numbers_those_of_strangers_too(numbers):
    tar = written(member(b"dev/null", Kind.CHARACTER, extra=Extra(rdev=numbers)))

    assert read(tar)[0].extra == Extra(rdev=numbers)


def test_content_is_padded_and_hashed_back():
    tar = written(member(b"f", size=5), content=b"hello")

    assert (len(tar), tar[512:517]) == (4 * 512, b"hello")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([member(b"f", size=9)], "has 5 bytes of content, not 9"),
        ([member(b"f"), member(b"f")], "there twice"),
        ([member(b"f", Kind.UNKNOWN)], "of a type that no tar holds"),
        ([member(b"f", mode=2**21)], "does not fit"),
    ],
)
def test_what_no_tar_can_hold_is_refused(members, message):
    with pytest.raises(ValueError, match=message):
        written(*members, content=b"hello")
