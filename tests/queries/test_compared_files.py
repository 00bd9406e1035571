"""The files of two sides: containers too, found as they are asked for, and kept within bounds."""

from itertools import pairwise

import pytest

from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.edit_container import (
    change_mode,
    copy_path,
    make_directory,
    make_symlink,
    move_path,
    remove_paths,
)
from layers.operations.import_archive import import_archive
from layers.operations.write_file import write_file
from layers.queries import compared_files
from layers.queries.changes import changes_between
from layers.queries.compared_files import KEPT, FileFilter, compare_files
from layers.queries.container_changes import container_changes
from layers.queries.container_tree import container_walk
from layers.queries.images import find_image
from layers.queries.sides import Side, find_side, top_of
from layers.queries.tree import walk
from tests.oracle.diffing import expected_diff
from tests.oracle.golden import GOLDEN, golden, raw_path

pytestmark = pytest.mark.django_db
PAGE = b"usr/share/nginx/html/index.html"
ALL = FileFilter()


@pytest.fixture(autouse=True)
def image():
    KEPT.clear()
    import_archive(GOLDEN / "01-webserver" / "image.tar")
    return find_image("nginx:latest")


@pytest.fixture
def container(image):
    container = create_container(image=image, name="webserver")
    edit(container)
    return container


def edit(container):
    """A little of everything that overlayfs can do."""
    write_file(container=container, path=PAGE, data=b"<h1>Hello, Docker!</h1>\n")
    make_directory(container=container, path=b"opt/new/deep", parents=True)
    write_file(container=container, path=b"opt/new/file", data=b"new")
    copy_path(container=container, source=PAGE, target=b"opt/copy")
    remove_paths(container=container, paths=[b"usr/share/nginx", b"etc/passwd"])
    make_directory(container=container, path=b"usr/share/nginx")
    write_file(container=container, path=b"usr/share/nginx/again", data=b"back")
    move_path(container=container, source=b"home", target=b"houses")
    change_mode(container=container, paths=[b"root"], mode=0o711)
    remove_paths(container=container, paths=[b"usr/sbin"])
    make_symlink(container=container, path=b"usr/sbin", target=b"/opt/new")


def told(a, b):
    rows = compare_files(a, b).page(ALL).rows
    return sorted((row.kind, row.path) for row in rows)


def seen(rows):
    """A walk as recorded trees spell it."""
    return {
        row.path: {
            "type": row.entry.kind.word,
            "mode": row.entry.mode,
            "uid": row.entry.uid,
            "gid": row.entry.gid,
            "size": row.entry.size,
            "mtime": row.entry.mtime,
            "linkname": row.entry.linkname,
        }
        for row in rows
    }


def test_a_container_against_its_image_is_docker_diff(container, image):
    expected = sorted((row.kind, row.path) for row in container_changes(container).rows)

    assert len(expected) > 15
    assert told(find_side("nginx:latest"), find_side("webserver")) == expected


@pytest.mark.parametrize(
    "texts", [("webserver", "nginx:latest"), ("webserver", "nginx:v2"), ("nginx:v2@1", "webserver")]
)
def test_a_container_against_any_tree(container, texts):
    sides = [find_side(text) for text in texts]
    trees = [
        seen(container_walk(container) if side.container else walk(side.image, side.position))
        for side in sides
    ]

    assert told(*sides) == expected_diff(*trees)


def test_two_containers(container):
    other = create_container(image=find_image("nginx:v2"), name="other")
    write_file(container=other, path=b"opt", data=b"a file here, a directory there")
    change_mode(container=other, paths=[b"root"], mode=0o711)
    trees = [seen(container_walk(each)) for each in (container, other)]

    assert told(find_side("webserver"), find_side("other")) == expected_diff(*trees)
    assert told(find_side("webserver"), find_side("webserver")) == []


def test_a_committed_container_does_not_differ_from_its_image(container):
    made = commit_container(container=container)

    assert told(find_side("webserver"), Side("made", made, top_of(made))) == []


def test_an_edit_is_seen_at_once(container):
    sides = find_side("nginx:latest"), find_side("webserver")
    before = told(*sides)
    write_file(container=container, path=b"tmp/later", data=b"x")

    assert set(told(*sides)) - set(before) == {("A", b"tmp/later"), ("C", b"tmp")}


def test_layers_of_one_image_differ_by_what_lies_between(image):
    found = find_image("nginx:v2")
    for first, last in [(1, 4), (2, 3), (4, 4)]:
        expected = changes_between(found, first, last).rows
        below, top = Side("", found, first - 1), Side("", found, last)

        assert compare_files(below, top).page(ALL).rows == expected


def test_rows_come_in_the_order_of_a_walk_and_a_page_at_a_time(container):
    comparison = compare_files(find_side("nginx:latest@0"), find_side("webserver"))
    rows = comparison.page(ALL).rows

    assert all(a.path.split(b"/") < b.path.split(b"/") for a, b in pairwise(rows))
    assert [*comparison.page(ALL, 0, 7).rows, *comparison.page(ALL, 7, 1000).rows] == rows


def test_the_first_page_does_not_wait_for_the_rest(monkeypatch):
    monkeypatch.setattr(compared_files, "ENTRIES_AT_ONCE", 10)
    monkeypatch.setattr(compared_files, "ROWS_AT_ONCE", 1)
    monkeypatch.setattr("layers.queries.merged_tree.FIRST_BATCH", 2)
    everything = compare_files(find_side("nginx:v2"), find_side("nginx:latest@0")).page(ALL).rows
    KEPT.clear()
    comparison = compare_files(find_side("nginx:v2"), find_side("nginx:latest@0"))

    page = comparison.page(ALL, 0, 3)
    assert (page.rows, page.total) == (everything[:3], None)
    assert not comparison.is_complete

    assert comparison.page(FileFilter(sort="size"), 0, 3).total == len(everything)
    assert sum(comparison.counts[kind] for kind in "ACD") == len(everything)


def test_rows_are_narrowed_by_kind_text_size_and_reason(container):
    comparison = compare_files(find_side("nginx:latest"), find_side("webserver"))
    everything = comparison.page(ALL).rows

    def narrowed(**wanted):
        return comparison.page(FileFilter(**wanted)).rows

    assert narrowed(kinds="D") == [row for row in everything if row.kind == "D"]
    assert {row.path for row in narrowed(text="OPT/NEW")} == {b"opt/new", b"opt/new/deep", b"opt/new/file"}
    assert all(row.size >= 5 and not row.is_directory for row in narrowed(min_size=5))
    assert {row.path for row in narrowed(why="mode")} >= {b"root"}
    assert b"root" not in {row.path for row in narrowed(why="content")}
    assert {row.kind for row in narrowed(why="content")} == {"A", "C", "D"}
    sizes = [row.size for row in narrowed(sort="size") if not row.is_directory]
    assert sizes == sorted(sizes, reverse=True)


def test_what_docker_diff_is_silent_about_is_told_on_demand():
    import_archive(GOLDEN / "05-metadata" / "image.tar")
    recorded = golden("05-metadata")["images"][0]["layers"]
    trees = [{raw_path(row): row for row in layer["merged"]} for layer in recorded]
    silent = set()
    for layer in range(1, len(trees)):
        below, above = find_side(f"oracle/metadata@{layer - 1}"), find_side(f"oracle/metadata@{layer}")
        rows = [row for row in compare_files(below, above).page(FileFilter(silent=True)).rows if row.silent]
        for row in rows:
            old, new = trees[layer - 1][row.path], trees[layer][row.path]
            assert ("content" in row.reasons) == (old.get("sha256") != new.get("sha256"))
            assert ("link" in row.reasons) == (old.get("linkname") != new.get("linkname"))
        silent.update(word for row in rows for word in row.reasons)

    assert {"content", "mtime"} <= silent
    assert "identical" not in silent


def test_only_so_many_rows_are_kept(monkeypatch):
    sides = [find_side(f"nginx:v2@{layer}") for layer in range(5)]
    sizes = {len(compare_files(sides[0], side).page(ALL).rows) for side in sides[1:]}
    KEPT.clear()
    monkeypatch.setattr(compared_files, "ROWS_KEPT", max(sizes))
    for side in sides[1:]:
        comparison = compare_files(sides[0], side)
        assert sum(comparison.counts.values()) == len(comparison)
        assert compare_files(sides[0], side) is comparison
    assert compare_files(sides[0], sides[1]) is not None
    assert sum(map(len, KEPT._kept.values())) <= 2 * max(sizes)


def test_a_search_that_broke_off_is_begun_again(monkeypatch):
    sides = find_side("nginx:v2"), find_side("nginx:latest@0")

    def broken(*_):
        raise OSError("disk")

    with monkeypatch.context() as patch:
        patch.setattr("layers.queries.merged_tree._entries_of", broken)
        comparison = compare_files(*sides)
        for _ in range(2):
            with pytest.raises(OSError, match="disk"):
                comparison.counts  # noqa: B018 - the question is what it raises
    assert sum(compare_files(*sides).counts.values()) > 0
