"""Layers that docker refuses, or could not save again, and what this library makes of each."""

from hashlib import sha256

import pytest

from layers.models import Image
from layers.oci.errors import MalformedLayer
from layers.operations.import_archive import import_archive
from layers.queries.files import open_entry
from layers.queries.tree import layer_of, lookup
from tests.oracle.golden import ARCHIVES, HANDMADE, Archive, comparable_tree

pytestmark = pytest.mark.django_db
SEEN_BY_UMOCI = [
    archive for archive in ARCHIVES if archive.case == HANDMADE and "merged_umoci" in archive.record
]


def top_of(archive, ask):
    """The merged tree at the top of the one image."""
    (image,) = import_archive(archive.path).images
    top = len(ask("layers", image.image_id)) - 1
    return ask("ls", image.image_id, "/", layer=str(top), recursive=True)


@pytest.mark.parametrize("archive", SEEN_BY_UMOCI, ids=str)
def test_what_docker_refuses_and_umoci_unpacks_is_the_tree_of_umoci(archive, ask):
    expected = archive.record["merged_umoci"]
    # umoci leaves the time of its own run on a directory that it made twice: the only times with fractions.
    touched = frozenset(row["path"] for row in expected if "mtime_ns" in row)
    assert comparable_tree(top_of(archive, ask), touched) == comparable_tree(expected, touched)


@pytest.mark.parametrize(
    ("file", "path", "note"),
    [
        ("dup-entries.tar", "one", "more than once"),
        ("whiteout-order-file.tar", "d/b", "whiteout for a path of its own layer"),
        ("hardlink-lower.tar", "hl", "which this layer does not hold"),
        ("hardlink-forward.tar", "hl", "before its target"),
        ("volume-label.tar", "VOLUME", "unknown"),
        ("bad-tag.tar", "", "'Oracle/Hand:bad' is no image name"),
        ("tag-without-tag.tar", "", "has no tag"),
        ("tag-digest.tar", "", "is no image name"),
    ],
)
def test_what_engines_refuse_is_told_in_the_fidelity_report(file, path, note):
    fidelity = import_archive(Archive(HANDMADE, file).path).fidelity
    assert [row for row in fidelity if row["path"] == path and note in row["note"]], fidelity


@pytest.mark.parametrize("file", ["bad-tag.tar", "tag-without-tag.tar", "tag-digest.tar"])
def test_an_image_with_a_bad_name_is_imported_without_it(file):
    result = import_archive(Archive(HANDMADE, file).path)
    assert (len(result.images), result.references) == (1, ())


@pytest.mark.parametrize("file", ["sparse-gnu.tar", "sparse-pax.tar", "volume-label.tar"])
def test_a_sparse_file_is_as_long_as_it_says_and_reads_as_zeros_and_data(file):
    (image,) = import_archive(Archive(HANDMADE, file).path).images
    row = lookup(image, 0, b"sparse")
    content = b"".join(open_entry(row.entry, layer_of(image, row.position)).chunks())

    assert row.entry.size == len(content) == 2**20
    assert sha256(content).digest() == row.entry.sha256
    assert content.strip(b"\0")
    assert content.count(0) > 2**19


def test_sparse_dialects_hold_the_same_file():
    contents = set()
    for file in ("sparse-gnu.tar", "sparse-pax.tar", "volume-label.tar"):
        (image,) = import_archive(Archive(HANDMADE, file).path).images
        contents.add(lookup(image, 0, b"sparse").entry.sha256)
    assert len(contents) == 1


def test_a_contiguous_file_is_a_file(ask):
    rows = {row["path"]: row["type"] for row in top_of(Archive(HANDMADE, "contiguous.tar"), ask)}
    assert rows == {"/cont": "file", "/after": "file"}


def test_a_hard_link_before_its_target_has_the_content_of_the_target(ask):
    rows = {row["path"]: row for row in top_of(Archive(HANDMADE, "hardlink-forward.tar"), ask)}
    assert rows["/hl"]["type"] == "file"
    assert rows["/hl"]["sha256"] == rows["/later"]["sha256"]


def test_a_whiteout_hides_its_name_whatever_its_type_or_content(ask):
    paths = {row["path"] for row in top_of(Archive(HANDMADE, "whiteout-dir-type.tar"), ask)}
    assert not {"/f", "/d/sub"} & paths
    assert not [path for path in paths if "/.wh." in path]


def test_a_layer_cut_in_the_middle_of_a_file_is_refused_by_name():
    with pytest.raises(MalformedLayer, match=r"\.tar'.*ends at byte \d+.*short"):
        import_archive(Archive(HANDMADE, "truncated.tar").path)
    assert not Image.objects.exists()
