"""Two trees compared are what the recorded trees of both say, whatever the images share."""

from itertools import permutations

import pytest

from layers.queries.compared_files import FileFilter, compare_files
from layers.queries.images import find_image
from layers.queries.sides import Side
from tests.oracle.diffing import expected_diff
from tests.oracle.golden import FORMATS, RECORDED, Archive, raw_path

SAME_IMAGES = [archive for archive in RECORDED if archive.case == FORMATS][1:]
"""One image in many forms: one of them is enough."""
COMPARED = [archive for archive in RECORDED if archive not in SAME_IMAGES]


def recorded_trees(archive: Archive) -> dict[Side, dict[bytes, dict]]:
    """What the kernel showed of every image at each of its layers; of what images share, once."""
    found, seen = {}, set()
    for image in archive.images:
        for layer in image["layers"]:
            side = Side("", find_image(image["id"]), layer["index"])
            if side.lineage[-1] not in seen:
                seen.add(side.lineage[-1])
                found[side] = {raw_path(row): row for row in layer["merged"]}
    return found


@pytest.mark.parametrize("imported", COMPARED, indirect=True, ids=str)
def test_every_pair_of_trees_differs_as_recorded(library):
    trees = recorded_trees(library.archive)
    for a, b in permutations(trees, 2):
        rows = compare_files(a, b).page(FileFilter()).rows
        found = sorted((row.kind, row.path) for row in rows)

        assert found == expected_diff(trees[a], trees[b]), f"from {a.position} to {b.position}"


@pytest.mark.parametrize("imported", COMPARED, indirect=True, ids=str)
def test_a_tree_does_not_differ_from_itself(library):
    for side in recorded_trees(library.archive):
        assert compare_files(side, side).counts == {"A": 0, "C": 0, "D": 0, "silent": 0}
