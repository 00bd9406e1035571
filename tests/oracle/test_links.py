"""What leads to a file at a layer: the names the kernel saw on one inode, and symlinks followed by hand."""

import posixpath

import pytest

from layers.queries.images import find_image
from layers.queries.links import links_to
from tests.oracle.golden import RECORDED, Archive, raw_path

LINKED = [
    archive
    for archive in RECORDED
    if archive.case in ("01-webserver", "03-typeswap-symlink", "04-hardlinks", "06-rename", "15-edit-ops")
    or (
        archive.case == "13-handmade-tars" and "link" in archive.file and "hardlink-lower" not in archive.file
    )
]
pytestmark = pytest.mark.parametrize("imported", LINKED, indirect=True, ids=str)


def recorded_trees(archive: Archive):
    for image in archive.images:
        for layer in image["layers"]:
            yield find_image(image["id"]), layer["index"], {raw_path(row): row for row in layer["merged"]}


def test_other_names_are_those_of_the_same_inode(library):
    for image, position, tree in recorded_trees(library.archive):
        groups = {}
        for path, row in tree.items():
            groups.setdefault(row.get("hardlink_group"), set()).add(path)
        for path, row in tree.items():
            others = groups[row["hardlink_group"]] - {path} if row.get("hardlink_group") else set()
            assert set(links_to(image, position, path).names) == others, f"{path!r} at {position}"


def test_symlinks_are_those_that_lead_there(library):
    for image, position, tree in recorded_trees(library.archive):
        ends = {path: end_of(path, tree) for path, row in tree.items() if row["type"] == "symlink"}
        for path in tree:
            above = {path[:at] for at, byte in enumerate(path) if byte == ord("/")}
            expected = {(link, end) for link, end in ends.items() if end in {path, *above} and link != path}
            found = links_to(image, position, path)
            assert {(link.path, link.leads_to) for link in found.symlinks} == expected
            assert not found.is_cut


def end_of(path, tree, hops=0):
    """Where a symlink leads in a recorded tree; None for nowhere."""
    parts, here = path.split(b"/"), b""
    for number, part in enumerate(parts):
        step = posixpath.normpath(posixpath.join(b"/", here, part)).lstrip(b"/")
        row = tree.get(step)
        if step and row is None:
            return None
        if row is not None and row["type"] == "symlink":
            if hops > 40:
                return None
            target = posixpath.join(b"/", posixpath.dirname(step), row["linkname"].encode())
            rest = b"/".join(parts[number + 1 :])
            return end_of(posixpath.join(target, rest).strip(b"/"), tree, hops + 1)
        here = step
    return here
