"""The tar reader: what the format means, and what it refuses. Clauses are of POSIX.1-2001 pax and tar(5)."""

import io
import tarfile
from hashlib import sha256

import pytest

from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.reader import read_members, scan
from layers.oci.errors import LimitExceeded, MalformedLayer
from layers.oci.limits import Limits
from tests.oci.tars import header, member, pax, tar

LIMITS = Limits()


def read(data: bytes, chunk: int = 1 << 20) -> list[Member]:
    return list(read_members((data[at : at + chunk] for at in range(0, len(data), chunk)), LIMITS))


def test_a_file_comes_with_its_fields_its_offset_and_its_sha256():
    (found,) = read(tar(member(b"etc/motd", b"hello", mode=0o4755)))

    assert found == Member(
        b"etc/motd", Kind.FILE, 0o4755, 0, 0, 5, 1_600_000_000, 512, sha256(b"hello").digest(), None, None
    )


@pytest.mark.parametrize("chunk", [1, 7, 511, 512, 513, 1500, 4096])
def test_chunks_may_end_anywhere(chunk):
    data = tar(
        member(b"a", b"x" * 700), member(b"d/", kind=b"5"), pax([(b"path", b"b" * 200)]), member(b"b", b"y")
    )

    assert read(data, chunk) == read(data)


def test_a_long_name_of_pax_wins_over_the_header():
    (found,) = read(
        tar(pax([(b"path", b"n" * 300), (b"mtime", b"1.5"), (b"uid", b"3000000")]), member(b"short"))
    )

    assert (found.path, found.mtime, found.uid) == (b"n" * 300, 1, 3_000_000)
    assert found.extra is not None
    assert found.extra.mtime_ns == 500_000_000


def test_a_long_name_of_gnu_wins_over_the_header():
    (found,) = read(
        tar(member(b"././@LongLink", b"g" * 200 + b"\0", kind=b"L"), member(b"short", magic=b"ustar  \0"))
    )

    assert found.path == b"g" * 200


def test_a_global_header_is_noted_and_not_applied():
    reader = read_members([tar(pax([(b"path", b"evil")], b"g"), member(b"good"))], LIMITS)

    assert [found.path for found in reader] == [b"good"]
    assert "global" in reader.notes[0][1]


def test_an_extended_attribute_is_kept():
    (found,) = read(tar(pax([(b"SCHILY.xattr.security.capability", b"\x01\0")]), member(b"ping")))

    assert found.extra is not None
    assert found.extra.xattrs == ((b"security.capability", b"\x01\0"),)


def test_a_sparse_file_has_the_digest_of_its_whole_content():
    # PAX 0.1: two bytes at 0 and two at 6 of an 8-byte file.
    records = [(b"GNU.sparse.major", b"0"), (b"GNU.sparse.minor", b"1"), (b"GNU.sparse.size", b"8")]
    records.append((b"GNU.sparse.map", b"0,2,6,2"))
    (found,) = read(tar(pax(records), member(b"holes", b"abyz")))

    assert (found.size, found.sha256) == (8, sha256(b"ab\0\0\0\0yz").digest())
    assert found.extra is not None
    assert found.extra.sparse == ((0, 2), (6, 2))


def test_the_base_256_form_of_a_number_is_read():
    (found,) = read(tar(member(b"old", mtime_field=b"\xff" * 11 + b"\xfb")))

    assert found.mtime == -5


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (member(b"a", b"x" * 600)[:-300], "short of"),
        (header(b"a")[:200], "inside a header"),
        (header(b"a", size_field=b"\xff" * 12) + bytes(1024), "negative size"),
        (header(b"a", size_field=b"-0000000010\0"), "no octal number"),
        (member(b"a") + b"garbage" * 100, "wrong checksum"),
        (member(b"a") + bytes(512) + member(b"b"), "then goes on"),
        (tar(member(b"x", b"99 path=a\n", kind=b"x"), member(b"a")), "length is wrong"),
        (tar(member(b"x", b"9" * 40 + b" path=a\n", kind=b"x"), member(b"a")), "length is wrong"),
        (tar(pax([(b"path", b"a\0b")]), member(b"a")), "malformed record"),
        (tar(pax([(b"path", b"lost")])), "without its member"),
    ],
)
def test_damage_is_named_never_passed_over(data, words):
    with pytest.raises(MalformedLayer, match=words):
        read(data)


def test_an_extension_header_is_refused_by_its_size_before_it_is_read():
    data = header(b"x", kind=b"x", size=2 << 20)

    with pytest.raises(LimitExceeded, match="extension_size = 1048576, found 2097152"):
        read(data)


@pytest.mark.parametrize(
    ("number", "owner"),
    [
        (2**31, 2**31),
        (2**32 - 2, 2**32 - 2),
        (2**32 - 1, 0),
        (2**32, 0),
        (2**32 + 5, 5),
        (2**40 + 7, 7),
        (-1, 0),
        (-2, 2**32 - 2),
    ],
)
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_an_owner_is_what_docker_makes_of_its_number(number, owner, form):
    """As ``docker import`` and ``docker export`` give it back: chown(2) takes 32 bits."""
    info, file = tarfile.TarInfo("a"), io.BytesIO()
    info.uid = info.gid = number
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        archive.addfile(info)
    (found,) = read(file.getvalue())

    assert (found.uid, found.gid) == (owner, owner)


def test_sparse_files_are_counted_together():
    records = [(b"GNU.sparse.size", b"%d" % 1_000_000), (b"GNU.sparse.map", b"0,1")]
    sparse = pax(records) + member(b"f", b"x")
    limits = Limits(unpacked_size=3_500_000)

    assert len(list(read_members([tar(*[sparse] * 3)], limits))) == 3
    with pytest.raises(LimitExceeded, match="unpacked_size"):
        list(read_members([tar(*[sparse] * 4)], limits))


def test_a_sparse_file_of_holes_counts_as_unpacked_bytes():
    records = [(b"GNU.sparse.size", b"%d" % (1 << 39)), (b"GNU.sparse.map", b"0,1")]

    with pytest.raises(LimitExceeded):
        read(tar(pax(records), member(b"holes", b"x")))


def test_bytes_after_the_end_mark_are_noted():
    reader = read_members([tar(member(b"a")) + b"more"], LIMITS)

    assert len(list(reader)) == 1
    assert "follow the end mark" in reader.notes[0][1]


def test_a_scan_of_a_file_passes_over_contents():
    data = tar(member(b"a", b"x" * 1000), member(b"b", b"y"))

    assert [(found.path, found.offset, found.size) for found in scan(io.BytesIO(data), LIMITS)] == [
        (b"a", 512, 1000),
        (b"b", 2048, 1),
    ]
