"""What is fed with damage: each target takes any bytes, and lets out no exception but the core's own."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Final

from layers.oci.archive.contents import read_contents
from layers.oci.archive.source import TarSource
from layers.oci.changeset.compression import decompressed, sniff
from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.paths import join
from layers.oci.changeset.reader import read_members, scan
from layers.oci.config import ImageConfig
from layers.oci.errors import InvalidReference, OCIError
from layers.oci.limits import KIB, MIB, Limits
from layers.oci.manifest import parse_manifest
from layers.oci.reference import Reference
from layers.oci.strictjson import loads
from layers.oci.unionfs.extract import Extractor
from layers.oci.unionfs.overlay import lay
from layers.oci.unionfs.tree import Tree, weight

LIMITS: Final = Limits(
    unpacked_size=16 * MIB, ratio_floor=MIB, layer_entries=5000, archive_members=5000, extension_size=64 * KIB
)
ALPHABET: Final = (
    b"a",
    b"b",
    b"c",
    b".wh.a",
    b".wh.b",
    b".wh..wh..opq",
    b"a/b",
    b"a/.wh.b",
    b"a/b/c",
    b"b/a",
)
KINDS: Final = (Kind.FILE, Kind.FILE, Kind.DIRECTORY, Kind.DIRECTORY, Kind.SYMLINK, Kind.HARDLINK)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def members_of(read: Callable[[], list[Member]]) -> list[tuple[bytes, Kind, int, int]] | str:
    """What tells two readings apart: names, kinds, sizes and places; or that it was refused."""
    try:
        return [(m.path, m.kind, m.size, m.offset) for m in read()]
    except OCIError:
        return "refused"


def layer(data: bytes) -> None:
    """A tar: whole, in crumbs or by seeking it reads the same; then it is laid on a tree."""
    whole = members_of(lambda: list(read_members([data], LIMITS)))
    crumbs = members_of(lambda: list(read_members(pieces(data, 700), LIMITS)))
    sought = members_of(lambda: scan(io.BytesIO(data), LIMITS))
    assert whole == crumbs, "pieces of another size are read as another layer"
    # Passed over unread, a body that is cut short is found out only by who reads it.
    assert whole in (sought, "refused"), "the seeking reader finds another layer"
    try:
        stack([list(read_members([data], LIMITS))] * 2)
    except OCIError:
        return


def stack(layers: list[list[Member]]) -> Tree:
    """Layers laid upon each other; the merged tree keeps its promises."""
    tree, number = Tree(), 1
    for members in layers:
        extractor = Extractor(LIMITS)
        extractor.add_all(members)
        unpacked = extractor.finish(number)
        number += unpacked.entry_count
        lay(tree, unpacked)
        check_tree(tree, b"")
    return tree


def check_tree(tree: Tree, root: bytes) -> None:
    """No mark shows, and every directory's totals are those of a recount."""
    todo, order = [root], []
    while todo:
        path = todo.pop()
        order.append(path)
        for name, entry in (tree.children(path) or {}).items():
            assert entry.kind not in (Kind.WHITEOUT, Kind.OPAQUE), "a mark shows in the merged tree"
            if entry.kind is Kind.DIRECTORY:
                todo.append(join(path, name))
    totals: dict[bytes, tuple[int, int]] = {}
    for path in reversed(order):
        size = count = 0
        for name, entry in (tree.children(path) or {}).items():
            below = (
                totals.get(join(path, name), (0, 0)) if entry.kind is Kind.DIRECTORY else (weight(entry), 0)
            )
            size, count = size + below[0], count + below[1] + 1
        totals[path] = size, count
        assert tree.totals(path) == (size, count), "the totals of a directory are wrong"


def whiteouts(data: bytes) -> None:
    """Two bytes make a member, a zero the next layer: deletions in every order."""
    layers: list[list[Member]] = [[]]
    for first, second in zip(data[::2], data[1::2], strict=False):
        if first == 0 and len(layers) < 5:
            layers.append([])
            continue
        path, kind = ALPHABET[first % len(ALPHABET)], KINDS[second % len(KINDS)]
        linkname = ALPHABET[second % 3] if kind in (Kind.SYMLINK, Kind.HARDLINK) else None
        size = second if kind is Kind.FILE else 0
        digest = bytes([second]) * 32 if kind is Kind.FILE else None
        layers[-1].append(Member(path, kind, 0o644, 0, 0, size, second, 0, digest, linkname, None))
    try:
        stack([members[:60] for members in layers])
    except OCIError:
        return


def compressed(data: bytes) -> None:
    """A compressed stream of any kind."""
    try:
        for _piece in decompressed(pieces(data, 700), sniff(data), LIMITS, "the data"):
            pass
    except OCIError:
        return


def documents(data: bytes) -> None:
    """JSON: what the strict reader takes means the same to any other; then as config, manifest and index."""
    try:
        value = loads(data, "the document", LIMITS)
    except OCIError:
        return
    assert json.loads(data) == value, "another reader finds another document"
    for parse in (
        lambda: ImageConfig.parse(data, "the config", LIMITS),
        lambda: parse_manifest(data, None, "the manifest", LIMITS),
    ):
        try:
            parse()
        except OCIError:
            continue


def archives(data: bytes) -> None:
    """The outer tar of an image, with its documents."""
    try:
        read_contents(TarSource.scan(io.BytesIO(data), LIMITS), LIMITS)
    except OCIError:
        return


def references(data: bytes) -> None:
    """A name: what is taken is spelled so that it is taken again, and means the same."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        name = Reference.parse(text)
    except InvalidReference:
        return
    assert Reference.parse(str(name)) == name
    assert Reference.parse(name.full) == name
    assert Reference.parse(name.familiar) == name


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    target.__name__: target for target in (layer, whiteouts, compressed, documents, archives, references)
}
