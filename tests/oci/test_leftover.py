"""What a commit leaves out stays in the container: over the new image it shows what it showed before."""

from hypothesis import given, settings
from hypothesis import strategies as st

from layers.oci.changeset.entry import Kind
from layers.oci.changeset.reader import read_members
from layers.oci.changeset.writer import write_changeset
from layers.oci.unionfs.extract import Extractor
from layers.oci.unionfs.leftover import is_left_out, left_over
from layers.oci.unionfs.overlay import lay
from layers.oci.unionfs.tree import Tree
from layers.oci.unionfs.upper import Upper
from tests.oci.edits import LIMITS, NOW, Editor, over, stacked
from tests.oci.test_upper_properties import EDITS, IMAGES, PATHS, edited, image, shown

LEFT = st.frozensets(PATHS, min_size=1, max_size=3)


def committed(tar: bytes, upper: Upper, left: frozenset[bytes]) -> tuple[Tree, list[bytes]]:
    """The tree of the image that a commit makes, and the paths in its layer."""
    members = [member for member, _ in upper.members(leave_out=left)]
    layer = b"".join(write_changeset(members, lambda one: [bytes(one.size)]))
    tree = stacked([tar])
    extractor = Extractor(LIMITS)
    extractor.add_all(read_members([layer], LIMITS))
    lay(tree, extractor.finish(1000))
    return tree, [member.path for member in members]


def over_image(tree: Tree, upper: Upper, left: frozenset[bytes]) -> Upper:
    entries = {own.path: own for own in left_over(upper.entries, left)}
    return Upper(tree.children, entries, NOW, LIMITS)


def seen(upper: Upper) -> dict[bytes, tuple]:
    return {path: shown(entry) for path, entry in upper.walk(b"")}


def linked(upper: Upper) -> set[frozenset[bytes]]:
    """The names of each file that the upper holds under several."""
    groups: dict[int, set[bytes]] = {}
    for own in upper.entries.values():
        groups.setdefault(own.group, set()).add(own.path)
    return {frozenset(paths) for group, paths in groups.items() if group and len(paths) > 1}


@settings(max_examples=150, deadline=None)
@given(IMAGES, st.lists(EDITS, max_size=10), LEFT)
def test_the_tree_is_the_same_before_and_after(tar, edits, left):
    upper, _ = edited(tar, edits)
    tree, in_layer = committed(tar, upper, left)
    after = over_image(tree, upper, left)

    assert seen(after) == seen(upper)
    assert not any(is_left_out(path, left) for path in in_layer)
    assert all(path in after.entries for path in upper.entries if is_left_out(path, left))


@settings(max_examples=100, deadline=None)
@given(IMAGES, st.lists(EDITS, max_size=10), LEFT)
def test_a_second_commit_makes_the_tree_of_one_that_leaves_nothing_out(tar, edits, left):
    upper, _ = edited(tar, edits)
    tree, _ = committed(tar, upper, left)
    after = over_image(tree, upper, left)
    members = [member for member, _ in after.members()]
    layer = b"".join(write_changeset(members, lambda one: [bytes(one.size)]))
    extractor = Extractor(LIMITS)
    extractor.add_all(read_members([layer], LIMITS))
    lay(tree, extractor.finish(2000))

    assert seen(Upper(tree.children, {}, NOW, LIMITS)) == seen(upper)


@settings(max_examples=100, deadline=None)
@given(IMAGES, st.lists(EDITS, max_size=10), LEFT)
def test_links_to_what_is_left_out_stay_links(tar, edits, left):
    upper, _ = edited(tar, edits)
    tree, _ = committed(tar, upper, left)

    expected = {names for names in linked(upper) if any(is_left_out(path, left) for path in names)}
    assert linked(over_image(tree, upper, left)) == expected


def test_a_deletion_that_is_left_out_stays_one():
    tar = image({b"a": "folder", b"a/b": "file", b"c": "file"})
    upper = over([tar])
    upper.remove(b"a/b")
    Editor(upper).write(b"c", b"new")
    tree, in_layer = committed(tar, upper, frozenset([b"a/b"]))
    after = over_image(tree, upper, frozenset([b"a/b"]))

    assert in_layer == [b"a", b"c"]
    assert {path: own.kind for path, own in after.entries.items()} == {
        b"a": Kind.DIRECTORY,
        b"a/b": Kind.WHITEOUT,
    }


def test_nothing_stays_where_nothing_is_left_out():
    upper = over([image({b"a": "folder"})])
    Editor(upper).write(b"a/x", b"x")

    assert left_over(upper.entries, frozenset()) == []
    assert left_over(upper.entries, frozenset([b"b"])) == []
