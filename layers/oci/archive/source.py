"""Sources: the members of an archive by name, never by a path of this machine."""

import os
import posixpath
from collections.abc import Collection, Iterable, Iterator
from itertools import zip_longest
from typing import BinaryIO, NamedTuple, Protocol

from layers.oci.archive.parts import Part
from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.paths import clean, escapes
from layers.oci.changeset.reader import scan
from layers.oci.errors import LimitExceeded, MalformedArchive, shown
from layers.oci.limits import Limits


class Source(Protocol):
    """Random access to what an archive holds."""

    def names(self) -> Collection[str]:
        """The clean names of regular files, and of links to one inside the archive."""
        ...

    def find(self, name: str) -> Part | None:
        """The file of that clean name, links followed inside the archive only; None if there is none.

        Raises:
            MalformedArchive: a link that leaves the archive, something that is no
                regular file, or two members of that name that differ.
            LimitExceeded: ``link_hops``.
        """
        ...

    def whole(self) -> Part | None:
        """The archive itself, if it is one file; a tar without members is the layer that adds nothing."""
        ...


class Node(NamedTuple):
    """A member, as far as looking one up needs it."""

    kind: Kind
    link: str = ""
    offset: int = 0
    size: int = 0
    sparse: bool = False


class Nodes:
    """Members by clean name, and the one way to follow links among them."""

    def __init__(self, nodes: Iterable[tuple[str, Node]], limits: Limits) -> None:
        self._nodes: dict[str, list[Node]] = {}
        self._hops = limits.link_hops
        for name, node in nodes:
            self._nodes.setdefault(name, []).append(node)

    def __len__(self) -> int:
        return len(self._nodes)

    def names(self) -> frozenset[str]:
        return frozenset(name for name in self._nodes if self._is_file(name))

    def _is_file(self, name: str) -> bool:
        try:
            found = self.resolve(name)
        except (MalformedArchive, LimitExceeded):
            return False
        return found is not None

    def resolve(self, name: str) -> tuple[str, list[Node]] | None:
        """The name that links lead to, and the regular files of that name (several if it stands twice)."""
        asked = name
        for _ in range(self._hops + 1):
            nodes = self._nodes.get(name)
            if nodes is None:
                return None
            if nodes[-1].kind not in (Kind.SYMLINK, Kind.HARDLINK):
                return name, regular(nodes, asked)
            name = follow(name, nodes[-1])
        raise LimitExceeded("link_hops", self._hops, "more", f"the archive's link {shown(asked)}")


def follow(name: str, node: Node) -> str:
    """Where a link leads: a symlink from its own directory, a hard link from the archive's root."""
    directory = posixpath.dirname(name) if node.kind is Kind.SYMLINK else ""
    target = posixpath.join(directory, node.link)
    if node.link.startswith("/") or escapes(encoded(target)):
        raise MalformedArchive(f"The link {shown(name)} leads out of the archive, to {shown(node.link)}.")
    return decoded(clean(encoded(target)))


def regular(nodes: list[Node], name: str) -> list[Node]:
    """``nodes`` if all are files with all their bytes. Raises MalformedArchive."""
    for node in nodes:
        if node.kind is not Kind.FILE or node.sparse:
            what = "a sparse file" if node.sparse else f"a {node.kind.word}"
            raise MalformedArchive(f"The archive's member {shown(name)} is {what}, not a regular file.")
    return nodes


def encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def clean_name(text: str, where: str) -> str:
    """A name that a document gives, made clean. Raises MalformedArchive if no member can be meant."""
    name = text.encode("utf-8", "surrogateescape")
    cleaned = clean(name)
    if not cleaned or b"\0" in name or escapes(name):
        raise MalformedArchive(f"{where} names {shown(text)}, which is no name of a member of the archive.")
    return decoded(cleaned)


class TarSource:
    """The members of a tar, from the list that one pass over its headers gave."""

    def __init__(self, file: BinaryIO, members: Iterable[Member], limits: Limits) -> None:
        self._file = file
        self._nodes = Nodes(_tar_nodes(members), limits)
        self._found: dict[str, Part] = {}

    @classmethod
    def scan(cls, file: BinaryIO, limits: Limits) -> "TarSource":
        """Of an uncompressed, seekable tar. Raises MalformedLayer, LimitExceeded."""
        return cls(file, scan(file, limits), limits)

    def names(self) -> frozenset[str]:
        return self._nodes.names()

    def find(self, name: str) -> Part | None:
        found = self._nodes.resolve(name)
        if found is None:
            return None
        target, nodes = found
        if target not in self._found:
            self._found[target] = self._only(target, nodes)
        return self._found[target]

    def _only(self, target: str, nodes: list[Node]) -> Part:
        """The part of that name, which readers that take the first or the last member agree on."""
        parts = [Part(target, node.offset, node.size, self._file) for node in nodes]
        for other in parts[:-1]:
            if other.offset != parts[-1].offset and not _same(other, parts[-1]):
                raise MalformedArchive(f"The archive holds two members {shown(target)} that differ.")
        return parts[-1]

    def whole(self) -> Part | None:
        size = self._file.seek(0, os.SEEK_END)
        return Part("the root filesystem", 0, size, self._file) if size else None


def _tar_nodes(members: Iterable[Member]) -> Iterator[tuple[str, Node]]:
    """Members whose name stays inside; the others are left to a root filesystem to have."""
    for member in members:
        relative = member.path.lstrip(b"/")
        if not escapes(relative):
            sparse = member.extra is not None and bool(member.extra.sparse)
            node = Node(member.kind, decoded(member.linkname or b""), member.offset, member.size, sparse)
            yield decoded(clean(relative)), node


def _same(one: Part, other: Part) -> bool:
    if one.size != other.size:
        return False
    return all(left == right for left, right in zip_longest(one.chunks(), other.chunks()))
