"""A layer unpacked, and laid upon others: image-spec layer.md, and what docker diff says of it."""

import pytest

from layers.oci.changeset.entry import Entry, Extra, Kind, Member
from layers.oci.changeset.paths import as_text, join
from layers.oci.errors import LimitExceeded, MalformedLayer
from layers.oci.limits import Limits
from layers.oci.unionfs.compare import differences
from layers.oci.unionfs.extract import Extractor, LayerTree
from layers.oci.unionfs.overlay import lay
from layers.oci.unionfs.tree import Tree

LIMITS = Limits()


def file(path: str, content: bytes = b"", mtime: int = 1, **fields) -> Member:
    values = {"mode": 0o644, "uid": 0, "gid": 0, "extra": None} | fields
    return Member(
        path.encode(),
        Kind.FILE,
        values["mode"],
        values["uid"],
        values["gid"],
        len(content),
        mtime,
        0,
        content,
        None,
        values["extra"],
    )


def folder(path: str, mode: int = 0o755, mtime: int = 1) -> Member:
    return Member(path.encode(), Kind.DIRECTORY, mode, 0, 0, 0, mtime, 0, None, None, None)


def link(path: str, target: str, kind: Kind = Kind.SYMLINK) -> Member:
    return Member(path.encode(), kind, 0o777, 0, 0, 0, 1, 0, None, target.encode(), None)


def unpack(*members: Member) -> LayerTree:
    extractor = Extractor(LIMITS)
    extractor.add_all(members)
    return extractor.finish(1)


def paths(tree: Tree, path: bytes = b"") -> list[str]:
    found = []
    for name, entry in sorted((tree.children(path) or {}).items()):
        found.append(as_text(join(path, name)))
        if entry.kind is Kind.DIRECTORY:
            found += paths(tree, join(path, name))
    return found


class Stack:
    """Layers laid one by one; ``diff`` tells the last as docker diff does."""

    def __init__(self, *layers: list[Member]) -> None:
        self.tree = Tree()
        self.number = 1
        for members in layers:
            self.lay(*members)

    def lay(self, *members: Member) -> None:
        extractor = Extractor(LIMITS)
        extractor.add_all(members)
        layer = extractor.finish(self.number)
        self.number += layer.entry_count
        self.overlay = lay(self.tree, layer)

    @property
    def changes(self):
        return [change for directory in self.overlay.directories for change in directory.changes]

    @property
    def diff(self) -> list[str]:
        return sorted(
            f"{change.kind.letter} /{as_text(join(change.directory, change.name))}"
            for change in self.changes
            if not change.silent
        )


BASE = [
    folder("d"),
    file("d/a", b"a"),
    file("d/b", b"b"),
    folder("d/sub"),
    file("d/sub/x", b"x"),
    file("f", b"f"),
]


def test_a_new_file_makes_its_parent_changed():
    stack = Stack(BASE, [folder("d"), file("d/new")])

    assert stack.diff == ["A /d/new", "C /d"]


def test_a_whiteout_hides_a_lower_file():
    stack = Stack(BASE, [folder("d"), file("d/.wh.a")])

    assert stack.diff == ["C /d", "D /d/a"]
    assert paths(stack.tree) == ["d", "d/b", "d/sub", "d/sub/x", "f"]


def test_of_a_deleted_directory_only_the_top_is_told():
    stack = Stack(BASE, [file(".wh.d")])

    assert stack.diff == ["D /d"]
    assert paths(stack.tree) == ["f"]


@pytest.mark.parametrize("order", [0, 1])
def test_whiteout_spares_a_file_of_its_own_layer(order):
    members = [file("d/.wh.a"), file("d/a", b"new")]
    stack = Stack(BASE, [folder("d"), *(members if order else members[::-1])])

    assert stack.diff == ["C /d", "C /d/a"]
    assert "d/a" in paths(stack.tree)


@pytest.mark.parametrize("order", [0, 1])
def test_an_opaque_mark_hides_lower_children_wherever_it_stands(order):
    members = [file("d/.wh..wh..opq"), file("d/new")]
    stack = Stack(BASE, [folder("d"), *(members if order else members[::-1])])

    assert paths(stack.tree) == ["d", "d/new", "f"]
    assert stack.diff == ["A /d/new", "C /d", "D /d/a", "D /d/b", "D /d/sub"]


def test_an_opaque_mark_hides_what_is_below_directories_that_come_back():
    stack = Stack(BASE, [folder("d"), file("d/.wh..wh..opq"), folder("d/sub"), file("d/sub/y")])

    assert paths(stack.tree) == ["d", "d/sub", "d/sub/y", "f"]
    assert stack.diff == ["A /d/sub/y", "C /d", "C /d/sub", "D /d/a", "D /d/b", "D /d/sub/x"]


def test_a_directory_replaced_by_a_file_is_one_row():
    stack = Stack(BASE, [file("d", b"now a file")])

    assert stack.diff == ["C /d"]
    assert paths(stack.tree) == ["d", "f"]


def test_a_file_replaced_by_a_directory_has_added_children():
    stack = Stack(BASE, [folder("f"), file("f/in")])

    assert stack.diff == ["A /f/in", "C /f"]


def test_a_symlink_of_a_lower_layer_is_not_followed():
    stack = Stack([folder("run"), link("var", "run")], [file("var/x")])

    assert paths(stack.tree) == ["run", "var", "var/x"]
    assert stack.diff == ["A /var/x", "C /var"]


def test_a_symlink_of_the_same_layer_is_followed_inside_the_image_only():
    layer = unpack(folder("real"), link("ln", "/../../real"), file("ln/x"))

    assert sorted(layer.directories[b"real"]) == [b"x"]


def test_a_parent_that_no_member_names_is_made():
    layer = unpack(file("deep/er/file"))

    entry = layer.directories[b""][b"deep"]
    assert (entry.kind, entry.mode, entry.extra) == (Kind.DIRECTORY, 0o755, Extra(implicit=True))


def test_a_name_that_climbs_out_stays_in_the_image_and_is_noted():
    layer = unpack(file("../../etc/passwd", b"evil"))

    assert b"passwd" in layer.directories[b"etc"]
    assert layer.notes[0][0] == b"../../etc/passwd"


def test_the_last_of_two_members_with_one_path_counts():
    layer = unpack(file("a", b"one"), file("a", b"three"))

    assert layer.directories[b""][b"a"].size == 5
    assert "more than once" in layer.notes[0][1]


@pytest.mark.parametrize("order", [0, 1])
def test_a_hard_link_has_what_it_links_to(order):
    members = [file("a", b"12345"), link("z", "a", Kind.HARDLINK)]
    layer = unpack(*(members if order else members[::-1]))

    entry = layer.directories[b""][b"z"]
    assert (entry.kind, entry.size, entry.extra.hardlink) == (Kind.FILE, 5, b"a")
    assert layer.content_size == 5


@pytest.mark.parametrize("name", [".wh.", ".wh..", ".wh...", "d/.wh."])
def test_a_whiteout_must_name_something(name):
    with pytest.raises(MalformedLayer, match="names nothing"):
        unpack(file(name))


def test_names_that_aufs_kept_are_left_out():
    layer = unpack(
        folder(".wh..wh.plnk"), file(".wh..wh.plnk/1.2", b"x"), link("l", ".wh..wh.plnk/1.2", Kind.HARDLINK)
    )

    assert sorted(layer.directories[b""]) == [b"l"]
    assert layer.directories[b""][b"l"].size == 1


def test_symlinks_in_circles_are_refused():
    with pytest.raises(MalformedLayer, match="symlinks"):
        unpack(link("a", "b"), link("b", "a"), file("a/x"))


def test_a_path_that_is_too_long_is_named():
    with pytest.raises(LimitExceeded, match="path_length"):
        unpack(file("/".join(["x" * 200] * 30)))


def test_a_rewrite_with_nothing_changed_is_silent_but_kept():
    stack = Stack(BASE, [folder("d"), file("d/a", b"a")])

    assert stack.diff == []
    assert [(change.name, change.silent) for change in stack.changes] == [(b"d", True), (b"a", True)]


def test_an_xattr_that_docker_does_not_look_at_is_silent():
    extra = Extra(xattrs=((b"user.note", b"1"),))
    stack = Stack(BASE, [folder("d"), file("d/a", b"a", extra=extra)])

    assert stack.diff == []


def test_a_capability_is_told():
    extra = Extra(xattrs=((b"security.capability", b"1"),))
    stack = Stack(BASE, [folder("d"), file("d/a", b"a", extra=extra)])

    assert stack.diff == ["C /d", "C /d/a"]


def test_totals_follow_every_change():
    stack = Stack(BASE)
    assert (stack.tree.sizes[b""], stack.tree.counts[b""]) == (4, 6)

    stack.lay(folder("d"), file("d/.wh.sub"), file("d/a", b"longer"))

    assert (stack.tree.sizes[b""], stack.tree.counts[b""]) == (8, 4)
    assert stack.tree.sizes[b"d"] == 7


def test_a_directory_deleted_and_made_again_later_starts_empty():
    stack = Stack(BASE, [file(".wh.d")], [folder("d"), file("d/new", b"1")])

    assert stack.diff == ["A /d", "A /d/new"]
    assert stack.tree.sizes[b"d"] == 1


def test_a_whiteout_of_nothing_is_noted():
    stack = Stack(BASE, [file(".wh.nosuch")])

    assert stack.diff == []
    assert stack.overlay.notes[0][0] == b"nosuch"


def test_two_trees_compare_as_one_step():
    lower, upper = Stack(BASE), Stack(BASE, [folder("d"), file("d/.wh.a")], [file("d/a", b"back")])

    changes = differences({b"", b"d", b"d/sub"}, lower.tree.children, upper.tree.children)

    told = {f"{c.kind.letter} {as_text(join(c.directory, c.name))}" for c in changes if not c.silent}
    assert told == {"C d", "C d/a"}


def test_an_entry_is_its_row():
    entry = unpack(file("a", b"x")).directories[b""][b"a"]

    assert isinstance(entry, Entry)
    assert entry[:3] == (1, b"a", 0)
