"""Two trees compared: whatever was edited, and however little of the trees is looked into."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import ancestors, join
from layers.oci.unionfs.compare import differences
from tests.oci.edits import seen, stacked
from tests.oci.test_upper_properties import EDITS, IMAGES, edited, image
from tests.oracle.diffing import expected_diff


def rows(changes):
    """Kind and path of what is told."""
    return [
        (change.kind.letter, join(change.directory, change.name)) for change in changes if not change.silent
    ]


def recorded(upper):
    """What is seen, as recorded trees spell it."""
    return {
        path: {
            "type": entry.kind.word,
            "mode": entry.mode,
            "uid": entry.uid,
            "gid": entry.gid,
            "size": entry.size if entry.kind is Kind.FILE else 0,
            "mtime": entry.mtime,
            "linkname": entry.linkname,
        }
        for path, entry in seen(upper).items()
    }


def touched(upper):
    return {directory for path in upper.entries for directory in (path, *ancestors(path))}


@settings(max_examples=60, deadline=None)
@given(IMAGES, st.lists(EDITS, max_size=8))
def test_a_container_differs_from_its_image_as_it_says_itself(tar, edits):
    upper, _ = edited(tar, edits)
    lower = stacked([tar]).children

    assert sorted(rows(differences(touched(upper), lower, upper.children))) == sorted(rows(upper.changes()))


@settings(max_examples=60, deadline=None)
@given(IMAGES, st.lists(EDITS, max_size=6), st.lists(EDITS, max_size=6))
def test_two_containers_of_an_image_differ_as_the_rules_say(tar, edits, others):
    a, b = edited(tar, edits)[0], edited(tar, others)[0]
    found = rows(differences(touched(a) | touched(b), a.children, b.children))

    assert sorted(found) == expected_diff(recorded(a), recorded(b))
    assert all(one[1].split(b"/") < two[1].split(b"/") for one, two in pairwise(found))


@settings(max_examples=30, deadline=None)
@given(IMAGES, IMAGES)
def test_trees_that_share_nothing_differ_as_the_rules_say(tar, other):
    (a, _), (b, _) = edited(tar, []), edited(other, [])
    everything = {b"", *seen(a), *seen(b)}

    found = rows(differences(everything, a.children, numbered_apart(b.children)))
    assert sorted(found) == expected_diff(recorded(a), recorded(b))


def numbered_apart(load):
    """The same entries, as if of layers of their own."""

    def children(path):
        found = load(path)
        return found and {name: entry._replace(number=entry.number + 1000) for name, entry in found.items()}

    return children


def test_what_was_written_again_is_told_on_demand():
    tar = image({b"a": "folder", b"a/b": "file"})
    one, two = stacked([tar]).children, stacked([tar, tar]).children
    found = list(differences({b"", b"a"}, one, two, rewritten=True))

    assert [(change.name, change.silent) for change in found] == [(b"b", True), (b"a", True)]
    assert list(differences({b"", b"a"}, one, two)) == []
