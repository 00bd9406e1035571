"""Whatever layers are stacked, the ledger adds up, and a naive model of layering agrees with it."""

from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.paths import ancestors, join, split
from layers.oci.unionfs.ledger import VISIBLE
from tests.oci.accounts import ledger_of

NAMES = [b"a", b"b", b"c"]
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(b"/".join)


class Spec(NamedTuple):
    """What a layer says of a path."""

    kind: str
    """``file``, ``folder``, ``symlink``, ``link``, ``whiteout``, ``opaque``."""
    data: bytes = b""
    target: bytes = b""


SPECS = st.one_of(
    st.builds(Spec, st.just("file"), st.binary(max_size=4)),
    st.just(Spec("folder")),
    st.builds(Spec, st.just("symlink"), target=st.sampled_from([b"/x", b"/long/target"])),
    st.builds(Spec, st.just("link"), target=PATHS),
    st.just(Spec("whiteout")),
    st.just(Spec("opaque")),
)
LAYERS = st.lists(st.dictionaries(PATHS, SPECS, max_size=8), max_size=6)


def sane(wanted: dict[bytes, Spec]) -> dict[bytes, Spec]:
    """The layer without what stands below a path that is no directory in it, and without dangling links."""
    solid = ("file", "symlink", "link", "whiteout")
    kept = {
        path: spec
        for path, spec in wanted.items()
        if not any(wanted.get(above, Spec("folder")).kind in solid for above in ancestors(path)[:-1])
    }
    return {
        path: spec
        for path, spec in kept.items()
        if spec.kind != "link" or kept.get(spec.target, Spec("")).kind in ("file", "symlink")
    }


def members(layer: dict[bytes, Spec]) -> Iterator[Member]:
    """The layer as a tar's members, links last."""
    for path, spec in sorted(layer.items(), key=lambda pair: (pair[1].kind == "link", pair[0])):
        directory, name = split(path)
        at = 512 * (1 + crc32(path))
        kind, target, size, digest = Kind.FILE, None, 0, None
        match spec.kind:
            case "file":
                size, digest = len(spec.data), spec.data
            case "folder":
                kind = Kind.DIRECTORY
            case "symlink":
                kind, target = Kind.SYMLINK, spec.target
            case "link":
                kind, target = Kind.HARDLINK, spec.target
            case "whiteout":
                path = join(directory, b".wh." + name)
            case "opaque":
                path = join(path, b".wh..wh..opq")
        yield Member(path, kind, 0o644, 0, 0, size, 1, at, digest, target, None)


class Shown(NamedTuple):
    """What the model sees at a path: of which kind, and whose bytes."""

    is_folder: bool
    inode: tuple[int, bytes] | None
    """The layer that brought them, and the first name of the group."""


def model(layers: list[dict[bytes, Spec]]) -> tuple[dict[bytes, Shown], dict[tuple[int, bytes], tuple]]:
    """The tree at the top; for each inode that is not in it, the layer that hid it and its last names."""
    tree: dict[bytes, Shown] = {}
    ends: dict[tuple[int, bytes], tuple] = {}
    for position, layer in enumerate(layers):
        upper: dict[bytes, Shown] = {}
        for path, spec in layer.items():
            if spec.kind == "whiteout":
                made = ancestors(path)[:-1]
            else:
                made = [*ancestors(path)[:-1], *([path] if spec.kind in ("folder", "opaque") else [])]
            upper |= dict.fromkeys(made, Shown(True, None))
            if spec.kind in ("file", "symlink"):
                upper[path] = Shown(False, (position, path))
            elif spec.kind == "link":
                upper[path] = Shown(False, (position, spec.target))
        deleted = {path for path, spec in layer.items() if spec.kind == "whiteout"}
        cleared = {path for path, spec in layer.items() if spec.kind == "opaque"}
        cleared |= {path for path, shown in upper.items() if not shown.is_folder} | deleted
        after = {
            path: shown
            for path, shown in tree.items()
            if path not in deleted and path not in upper and cleared.isdisjoint(ancestors(path)[:-1])
        } | upper
        held = {shown.inode for shown in after.values()}
        for inode in {shown.inode for shown in tree.values()} - held - {None}:
            last = sorted(path for path, shown in tree.items() if shown.inode == inode)
            ends[inode] = position, last[0] in after if inode[1] not in last else inode[1] in after
        tree = after
    return tree, ends


def size_of(layers: list[dict[bytes, Spec]], inode: tuple[int, bytes]) -> int:
    spec = layers[inode[0]][inode[1]]
    return len(spec.target) if spec.kind == "symlink" else len(spec.data)


@given(LAYERS)
def test_live_shadowed_and_deleted_add_up_and_are_what_the_model_says(wanted):
    layers = list(map(sane, wanted))
    ledger, sizes = ledger_of([list(members(layer)) for layer in layers])
    tree, ends = model(layers)

    live = {shown.inode for shown in tree.values()} - {None}
    expected = sorted(
        (inode[0], size, *(ends.get(inode, (VISIBLE, True)) if inode not in live else (VISIBLE, True)))
        for inode in live | ends.keys()
        if (size := size_of(layers, inode))
    )
    found = [(item.position, item.size, item.hidden_by, not item.how.is_deleted) for item in ledger.items]
    assert sorted(found) == expected
    assert [layer.content_size for layer in ledger.layers] == sizes
    assert ledger.live + ledger.shadowed + ledger.deleted == sum(sizes)
    assert sum(layer.hides for layer in ledger.layers) == ledger.wasted


@given(LAYERS)
def test_every_item_ends_with_itself_or_a_directory_above(wanted):
    ledger, _ = ledger_of([list(members(sane(layer))) for layer in wanted])

    for item in ledger.items:
        assert item.end in (item.path, *ancestors(item.path)[:-1])
        assert item.is_live or item.position < item.hidden_by
