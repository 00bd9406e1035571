"""Edits given as data, as the golden files hold them, carried out in an upper over real layers."""

import json
import tarfile
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from layers.oci.changeset.entry import Entry, Kind, Member
from layers.oci.changeset.paths import as_text, join
from layers.oci.changeset.reader import read_members
from layers.oci.changeset.writer import write_changeset
from layers.oci.limits import Limits
from layers.oci.unionfs.extract import Extractor
from layers.oci.unionfs.overlay import lay
from layers.oci.unionfs.tree import Tree
from layers.oci.unionfs.upper import Upper, UpperEntry

LIMITS = Limits()
GOLDEN = Path(__file__).resolve().parents[1] / "golden"
NOW = 1_700_000_000
NO_CONTENT: Mapping[bytes, bytes] = {}
LETTERS = {"file": "-", "dir": "d", "symlink": "l", "hardlink": "h", "char": "c", "block": "b", "fifo": "p"}


def layers_of(archive: Path) -> list[bytes]:
    """The layer tars of an archive that docker saved, from the bottom."""
    with tarfile.open(archive) as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
        return [tar.extractfile(name).read() for name in manifest[0]["Layers"]]


def content_of(tar: bytes) -> dict[bytes, bytes]:
    """What each file of a layer holds."""
    members = [member for member in read_members([tar], LIMITS) if member.kind is Kind.FILE]
    return {member.path: tar[member.offset : member.offset + member.size] for member in members}


def stacked(tars: Iterable[bytes]) -> Tree:
    """The tree that layers make."""
    tree, number = Tree(), 1
    for tar in tars:
        extractor = Extractor(LIMITS)
        extractor.add_all(read_members([tar], LIMITS))
        layer = extractor.finish(number)
        number += layer.entry_count
        lay(tree, layer)
    return tree


def over(tars: Sequence[bytes]) -> Upper:
    """An upper with nothing in it over those layers."""
    return Upper(stacked(tars).children, {}, NOW, LIMITS)


class Editor:
    """Carries out operations; ``content_below`` is what files of the image hold."""

    def __init__(self, upper: Upper, content_below: Mapping[bytes, bytes] = NO_CONTENT) -> None:
        self.upper = upper
        self.content_below = content_below

    def write(self, path: str | bytes, data: bytes, mtime: int | None = None) -> None:
        path = raw(path)
        self.upper.write(path, sha256(data).digest(), len(data), f"sha256:{sha256(data).hexdigest()}")
        if mtime is not None:
            self.upper.touch(self.upper.real(path, follow=True), mtime)

    def apply(self, operation: dict[str, Any]) -> None:
        """One operation of a golden file."""
        upper, path = self.upper, raw(operation["path"])
        match operation["op"]:
            case "write":
                self.write(path, operation["data"].encode())
            case "append":
                self.write(path, self.content_below[path] + operation["data"].encode())
            case "mkdir":
                upper.mkdir(path)
            case "rm":
                upper.remove(path)
            case "rename":
                upper.rename(path, raw(operation["to"]))
            case "symlink":
                upper.symlink(path, operation["target"].encode())
            case "link":
                upper.link(path, raw(operation["target"]))
            case "setxattr":
                upper.set_xattr(path, operation["name"].encode(), b64decode(operation["value_b64"]))
        if "uid" in operation:
            upper.chown(path, operation["uid"], operation["gid"])
        if "mode" in operation:
            upper.chmod(path, int(operation["mode"], 8))
        if "mtime" in operation:
            upper.touch(path, operation["mtime"])


def raw(path: str | bytes) -> bytes:
    return (path.encode() if isinstance(path, str) else path).strip(b"/")


def diff(upper: Upper) -> list[list[str]]:
    """What ``docker diff`` prints, by path."""
    changes = [change for change in upper.changes() if not change.silent]
    rows = [[change.kind.letter, "/" + as_text(join(change.directory, change.name))] for change in changes]
    return sorted(rows, key=lambda row: row[1])


def layer_tar(upper: Upper) -> bytes:
    """The layer that a commit writes; copied-up files get zeros for a content."""

    def content(member: Member) -> list[bytes]:
        return [sources[member.path].sha256.ljust(member.size, b"\0")[: member.size]]

    members = upper.members()
    sources: dict[bytes, UpperEntry] = {entry.path: entry for _, entry in members}
    return b"".join(write_changeset([member for member, _ in members], content))


def header_line(entry: Member) -> str:
    """A header as the experiments show it, with its file type left out of the mode as newer dockers do."""
    kind = LETTERS[entry.kind.word]
    slash = "" if entry.kind is not Kind.DIRECTORY or entry.path.endswith(b"/") else "/"
    arrow = f" -> {as_text(entry.linkname)}" if entry.linkname else ""
    return f"{kind}{entry.mode:o} {as_text(entry.path)}{slash}{arrow}"


def seen(upper: Upper) -> dict[bytes, Entry]:
    """Every path of the merged view."""
    return dict(upper.walk(b""))
