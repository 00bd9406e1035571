"""Whatever is edited: the layer it makes has the same tree and diff, and each step leads back."""

from hypothesis import given, settings
from hypothesis import strategies as st

from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.paths import ancestors, join
from layers.oci.changeset.reader import read_members
from layers.oci.changeset.writer import write_changeset
from layers.oci.errors import EditRefused
from layers.oci.unionfs.diff import Reason
from layers.oci.unionfs.extract import Extractor
from layers.oci.unionfs.overlay import Overlay, lay
from layers.oci.unionfs.tree import Tree
from layers.oci.unionfs.upper import Upper
from tests.oci.edits import LIMITS, NOW, Editor, layer_tar, stacked

T = 1_600_000_000
NAMES = [b"a", b"b", b"c"]
PATHS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(b"/".join)
KINDS = st.sampled_from(["file", "folder", "symlink"])


def image(layout: dict[bytes, str]) -> bytes:
    """A layer with those paths; one that lies below no directory is left out."""
    members = []
    for path, kind in sorted(layout.items()):
        if any(layout.get(above) != "folder" for above in ancestors(path)[:-1]):
            continue
        if kind == "folder":
            members.append(Member(path, Kind.DIRECTORY, 0o755, 0, 0, 0, T, 0, None, None, None))
        elif kind == "file":
            members.append(Member(path, Kind.FILE, 0o644, 0, 0, len(path), T, 0, path, None, None))
        else:
            members.append(Member(path, Kind.SYMLINK, 0o777, 0, 0, 0, T, 0, None, b"/a/b", None))
    return b"".join(write_changeset(members, lambda one: [one.sha256 or b""]))


IMAGES = st.dictionaries(PATHS, KINDS, max_size=12).map(
    lambda layout: image({path: layout.get(path, "folder") for path in {*layout, b"a", b"a/b"}})
)
EDITS = st.one_of(
    st.tuples(st.just("write"), PATHS, st.binary(max_size=3)),
    st.tuples(st.just("mkdir"), PATHS),
    st.tuples(st.just("make_parents"), PATHS),
    st.tuples(st.just("remove"), PATHS),
    st.tuples(st.just("rename"), PATHS, PATHS),
    st.tuples(st.just("copy"), PATHS, PATHS),
    st.tuples(st.just("link"), PATHS, PATHS),
    st.tuples(st.just("symlink"), PATHS, PATHS),
    st.tuples(st.just("chmod"), PATHS, st.sampled_from([0o600, 0o755])),
    st.tuples(st.just("touch"), PATHS, st.sampled_from([T, T + 9])),
    st.tuples(st.just("restore"), PATHS),
)


def edited(tar: bytes, edits: list[tuple]) -> tuple[Upper, list[Upper]]:
    """The upper after those edits that are possible, and every state before it."""
    load, states = stacked([tar]).children, []
    upper = Upper(load, {}, NOW, LIMITS)
    for verb, *arguments in edits:
        following = Upper(load, upper.entries, NOW, LIMITS)
        try:
            target = Editor(following) if verb == "write" else following
            getattr(target, verb)(*arguments)
        except EditRefused:
            continue
        states.append(upper)
        upper = following
    return upper, states


def laid(tar: bytes, upper: Upper) -> tuple[Tree, Overlay]:
    """The layer of a commit, laid upon the image by the code that imports."""
    tree = stacked([tar])
    extractor = Extractor(LIMITS)
    extractor.add_all(read_members([layer_tar(upper)], LIMITS))
    return tree, lay(tree, extractor.finish(1000))


def paths(tree: Tree, path: bytes = b"") -> dict[bytes, tuple]:
    found = {}
    for name, entry in (tree.children(path) or {}).items():
        found[join(path, name)] = shown(entry)
        if entry.kind is Kind.DIRECTORY:
            found |= paths(tree, join(path, name))
    return found


def shown(entry) -> tuple:
    return (entry.kind, entry.mode, entry.uid, entry.gid, entry.size, entry.mtime, entry.linkname)


@settings(max_examples=40, deadline=None)
@given(IMAGES, st.lists(EDITS, max_size=8))
def test_the_layer_makes_the_tree_that_was_seen(tar, edits):
    upper, _ = edited(tar, edits)
    tree, _ = laid(tar, upper)

    assert paths(tree) == {path: shown(entry) for path, entry in upper.walk(b"")}


@settings(max_examples=40, deadline=None)
@given(IMAGES, st.lists(EDITS, max_size=8))
def test_the_layer_changes_what_the_container_said(tar, edits):
    upper, _ = edited(tar, edits)
    _, overlay = laid(tar, upper)
    changes = [change for directory in overlay.directories for change in directory.changes]

    assert told(changes) == told(upper.changes())


def told(changes) -> list[tuple]:
    """What is told of each path; the content of copied-up files is not the real one here."""
    other = ~(Reason.CONTENT | Reason.IDENTICAL)
    return sorted((join(c.directory, c.name), c.kind, c.reasons & other) for c in changes if not c.silent)


@settings(max_examples=25, deadline=None)
@given(IMAGES, st.lists(EDITS, max_size=8))
def test_each_step_leads_back_to_the_one_before(tar, edits):
    upper, states = edited(tar, edits)
    for before in reversed(states):
        entries = dict(upper.entries)
        for old, new in upper.rows():
            if old is None:
                del entries[new.path]
            else:
                entries[old.path] = old
        assert entries == before.entries
        upper = before


@settings(max_examples=25, deadline=None)
@given(IMAGES, st.lists(EDITS, max_size=8))
def test_every_entry_has_its_directories_and_every_whiteout_something_to_hide(tar, edits):
    upper, _ = edited(tar, edits)
    for path, own in upper.entries.items():
        directory = path.rpartition(b"/")[0]
        assert not directory or upper.own(directory).kind is Kind.DIRECTORY
        assert own.kind is not Kind.WHITEOUT or upper.showing(path) is not None
