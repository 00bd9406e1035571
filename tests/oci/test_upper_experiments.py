"""Single edits as real containers took them: what docker diff said, and what went into the layer."""

import json
from collections.abc import Callable

import pytest

from layers.oci.changeset.entry import Extra, Kind, Member
from layers.oci.changeset.reader import read_members
from layers.oci.changeset.writer import write_changeset
from layers.oci.errors import EditRefused
from layers.oci.unionfs.upper import Upper
from tests.oci.edits import GOLDEN, LIMITS, Editor, diff, header_line, layer_tar, over

T = 1_600_000_000
ENGINE = "docker 20.10.24+dfsg1"
RECORDED = {row["op"]: row[ENGINE] for row in json.loads((GOLDEN / "experiments.json").read_text())}
CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")

Edit = Callable[[Editor, Upper], object]
EDITS: dict[str, Edit] = {
    "nothing at all": lambda e, u: None,
    "write new file at root": lambda e, u: e.write("/new", b"n"),
    "write new file in dir": lambda e, u: e.write("/d/new", b"n"),
    "write new file deep": lambda e, u: e.write("/d/sub/deep/new", b"n"),
    "modify file content in place": lambda e, u: e.write("/d/sub/x", b"xmore"),
    "rewrite file with identical content (mtime changes)": lambda e, u: e.write("/d/a", b"aaaa"),
    "rewrite file, same size other content, mtime put back": lambda e, u: e.write("/d/a", b"AAAA", T),
    "rewrite file other size, mtime put back": lambda e, u: e.write("/d/a", b"AAAAAA", T),
    "rewrite identical content, mtime put back": lambda e, u: e.write("/d/a", b"aaaa", T),
    "touch file: other second": lambda e, u: u.touch(b"d/a", T + 5),
    "touch file: same second, other nanoseconds": lambda e, u: u.touch(b"d/a", T),
    "touch dir only": lambda e, u: u.touch(b"d/sub", T + 5),
    "touch symlink": lambda e, u: u.touch(b"link", T + 5),
    "chmod file": lambda e, u: u.chmod(b"d/a", 0o600),
    "chmod file and back": lambda e, u: (u.chmod(b"d/a", 0o600), u.chmod(b"d/a", 0o644)),
    "chmod dir": lambda e, u: u.chmod(b"d/sub", 0o700),
    "chmod dir and back": lambda e, u: (u.chmod(b"d/sub", 0o700), u.chmod(b"d/sub", 0o755)),
    "chown file": lambda e, u: u.chown(b"d/a", 1000, 1000),
    "chown dir": lambda e, u: u.chown(b"d/sub", 1000, 1000),
    "chown symlink": lambda e, u: u.chown(b"link", 1000, 1000),
    "setcap on file": lambda e, u: u.set_xattr(b"cap", b"security.capability", CAPABILITY),
    "setcap on dir-like file then remove": lambda e, u: (
        u.set_xattr(b"cap", b"security.capability", CAPABILITY),
        u.set_xattr(b"cap", b"security.capability", None),
    ),
    "user xattr on file": lambda e, u: u.set_xattr(b"d/a", b"user.k", b"v"),
    "user xattr on dir": lambda e, u: u.set_xattr(b"d/sub", b"user.k", b"v"),
    "rm file": lambda e, u: u.remove(b"d/a"),
    "rm file deep": lambda e, u: u.remove(b"d/sub/deep/z"),
    "rm -r dir": lambda e, u: u.remove(b"d/sub"),
    "rm file and recreate identical (mtime back)": lambda e, u: (
        u.remove(b"d/a"),
        e.write("/d/a", b"aaaa", T),
    ),
    "rm file and recreate other": lambda e, u: (u.remove(b"d/a"), e.write("/d/a", b"other")),
    "rm -r dir, mkdir again empty": lambda e, u: (u.remove(b"d/sub"), u.mkdir(b"d/sub")),
    "rm -r dir, mkdir again, one old name, one new": lambda e, u: (
        u.remove(b"d/sub"),
        u.mkdir(b"d/sub"),
        e.write("/d/sub/x", b"again"),
        e.write("/d/sub/n", b"new"),
    ),
    "rm -r dir, mkdir again, identical old file": lambda e, u: (
        u.remove(b"d/sub"),
        u.mkdir(b"d/sub"),
        e.write("/d/sub/x", b"x", T),
        u.touch(b"d/sub", T),
    ),
    "create and delete (net nothing)": lambda e, u: (e.write("/d/tmp", b"1"), u.remove(b"d/tmp")),
    "create dir and delete (net nothing) at root": lambda e, u: (u.mkdir(b"t"), u.remove(b"t")),
    "create dir tree": lambda e, u: (u.make_parents(b"n/1/2"), e.write("/n/1/2/f", b"f")),
    "empty new dir": lambda e, u: u.mkdir(b"d/emptynew"),
    "file -> dir (with child)": lambda e, u: (u.remove(b"d/a"), u.mkdir(b"d/a"), e.write("/d/a/c", b"c")),
    "dir -> file": lambda e, u: (u.remove(b"d/sub"), e.write("/d/sub", b"now a file")),
    "dir -> symlink": lambda e, u: (u.remove(b"d/sub"), u.symlink(b"d/sub", b"../e")),
    "file -> symlink": lambda e, u: (u.remove(b"d/a"), u.symlink(b"d/a", b"b")),
    "symlink -> dir": lambda e, u: (u.remove(b"link"), u.mkdir(b"link"), e.write("/link/q", b"q")),
    "symlink -> file": lambda e, u: (u.remove(b"link"), e.write("/link", b"q")),
    "symlink retarget, other length": lambda e, u: (u.remove(b"link"), u.symlink(b"link", b"e/../e")),
    "symlink retarget, same length, mtime back": lambda e, u: (
        u.remove(b"link"),
        u.symlink(b"link", b"e"),
        u.touch(b"link", T),
    ),
    "write through symlinked dir": lambda e, u: e.write("/link/via", b"v"),
    "rename file same dir": lambda e, u: u.rename(b"d/a", b"d/a2"),
    "rename file other dir": lambda e, u: u.rename(b"d/a", b"e/a"),
    "rename dir (copy+delete: overlay gives EXDEV)": lambda e, u: u.rename(b"d/sub", b"d/moved"),
    "rename new dir over nothing": lambda e, u: (u.mkdir(b"q"), e.write("/q/1", b"1"), u.rename(b"q", b"r")),
    "hardlink to lower file": lambda e, u: u.link(b"e/hl", b"d/a"),
    "write to one name of lower hardlink pair": lambda e, u: e.write("/h1", b"hard!"),
    "rm one name of hardlink pair": lambda e, u: u.remove(b"h1"),
    "new hardlink pair": lambda e, u: (e.write("/e/p1", b"pair"), u.link(b"e/p2", b"e/p1")),
    "touch char device": lambda e, u: u.touch(b"chr", T + 5),
    "touch fifo": lambda e, u: u.touch(b"fifo", T + 5),
    "setuid/setgid/sticky": lambda e, u: (
        e.write("/e/su", b"s"),
        u.chmod(b"e/su", 0o6755),
        u.mkdir(b"e/st", 0o1777),
    ),
    "new file in /etc": lambda e, u: e.write("/etc/new", b"x"),
    "non-UTF-8 name": lambda e, u: e.write(b"/e/\xff\xfe", b"x"),
    "newline in name": lambda e, u: e.write(b"/e/new\nline", b"x"),
    "chown to same owner": lambda e, u: u.chown(b"d/a", 0, 0),
    "truncate to same size": lambda e, u: e.write("/d/a", b"aaaa"),
    "big uid": lambda e, u: (e.write("/e/big", b"x"), u.chown(b"e/big", 4_000_000_000, 4_000_000_000)),
    "future and ancient mtime": lambda e, u: (
        e.write("/e/fut", b"x", 9_999_999_999),
        e.write("/e/old", b"x", -1000),
    ),
}
OURS = {
    "touch block device": "docker's own oddity: it says nothing, and C of a character device",
    "read a file (atime)": "nothing is read in our containers",
    "trusted xattr on file": "no such edit",
    "append nothing (open for write)": "no such edit",
    "sub-second mtime on new file": "times are whole seconds",
    "chmod root dir": "refused: no layer holds the root's mode",
    "file named .wh.x": "refused: docker writes a layer it cannot save",
    "file named .wh..wh..opq": "refused",
    "mknod char 1:3 new": "special files come by tar only",
    "mknod block new": "special files come by tar only",
    "mkfifo new": "special files come by tar only",
    "unix socket new": "no such edit",
    "write /etc/hosts and /etc/hostname (bind mounts)": "nothing is mounted in our containers",
    "files in /dev (tmpfs) and /dev/shm": "nothing is mounted in our containers",
}
"""Recorded operations that are none of ours, and why."""


def member(path: str, kind: Kind = Kind.FILE, data: bytes = b"", mode: int = 0o644, **fields) -> Member:
    size = len(data) if kind is Kind.FILE else 0
    return Member(path.encode(), kind, mode, 0, 0, size, T, 0, data, fields.get("link"), fields.get("extra"))


def base() -> bytes:
    """The image that the operations were recorded on."""
    files = {
        "d/a": b"aaaa",
        "d/b": b"bbbb",
        "d/sub/x": b"x",
        "d/sub/y": b"y",
        "d/sub/deep/z": b"z",
        "e/f": b"f",
    }
    files |= {"h1": b"hard", "etc/passwd": b"root:x:0:0:root:/:/pause\n"}
    members = [member(path, data=data) for path, data in files.items()]
    members += [member(path, Kind.DIRECTORY, mode=0o755) for path in ("d", "d/sub", "d/sub/deep", "e", "etc")]
    members += [member("cap", data=b"cap", mode=0o755), member("fifo", Kind.FIFO)]
    members += [
        member("chr", Kind.CHARACTER, mode=0o666, extra=Extra(rdev=(1, 3))),
        member("h2", Kind.HARDLINK, link=b"h1"),
    ]
    members += [member("link", Kind.SYMLINK, mode=0o777, link=b"d")]
    members += [member("dangling", Kind.SYMLINK, mode=0o777, link=b"nowhere")]
    return b"".join(write_changeset(members, lambda one: [one.sha256 or b""]))


BASE = base()


def edited(name: str) -> Upper:
    upper = over([BASE])
    EDITS[name](Editor(upper), upper)
    return upper


def test_every_recorded_operation_is_accounted_for():
    assert EDITS.keys() | OURS.keys() == RECORDED.keys()


@pytest.mark.parametrize("name", EDITS)
def test_the_same_diff(name):
    rows = [" ".join(row) for row in diff(edited(name))]

    assert rows == sorted(RECORDED[name]["diff"], key=lambda row: row[2:])


@pytest.mark.parametrize("name", EDITS)
def test_the_same_headers_in_the_layer(name):
    recorded = RECORDED[name]["layer"]
    if isinstance(recorded, str):
        assert edited(name).members() == []
        return
    written = [header_line(member) for member in read_members([layer_tar(edited(name))], LIMITS)]

    assert sorted(map(without_mode_of_marks, written)) == sorted(map(comparable, recorded))


def comparable(line: str) -> str:
    """A recorded header without file type bits and PAX keys; docker keeps only one xattr."""
    kind, rest = line[0], line[1:].partition(" pax:")[0]
    mode, _, name = rest.partition(" ")
    return without_mode_of_marks(f"{kind}{int(mode, 8) & 0o7777:o} {name}")


def without_mode_of_marks(line: str) -> str:
    head, _, name = line.partition(" ")
    return f"- {name}" if name.rpartition("/")[2].startswith(".wh.") else f"{head} {name}"


@pytest.mark.parametrize("name", [b"d/.wh.a", b"d/sub/.wh..wh..opq"])
def test_names_that_mean_deletions_are_refused(name):
    with pytest.raises(EditRefused, match="mean deletions"):
        Editor(over([BASE])).write(name, b"")


def test_the_root_itself_is_not_edited():
    with pytest.raises(EditRefused, match="root directory itself"):
        over([BASE]).chmod(b"", 0o711)
