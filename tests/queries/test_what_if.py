"""What an image and the shelf would weigh, were layers one or paths not there."""

import pytest

from layers.models.accounts import Role
from layers.models.acting import Acting, acts
from layers.oci.changeset.globs import InvalidGlob
from layers.operations.create_user import create_user
from layers.queries.ledgers import ledger_of
from layers.queries.positions import NoSuchLayer
from layers.queries.what_if import leave_out, squash
from tests.built import build, file, gone

pytestmark = pytest.mark.django_db
BASE = ("FROM scratch", [file("base", b"b" * 1000)])
BIG = ("RUN get", [file("big", b"x" * 700), file("kept", b"k" * 30)])
TIDY = ("RUN rm", [gone("big")])


def test_squashing_a_run_frees_what_it_hides_itself(tmp_path):
    image = build(tmp_path, "a:1", BASE, BIG, TIDY, ("COPY", [file("top", b"t" * 5)]))
    found = squash(image, 1, 2)

    assert [(row.first, row.last, row.content, row.is_new) for row in found.layers] == [
        (0, 0, 1000, False),
        (1, 2, 30, True),
        (3, 3, 5, False),
    ]
    assert (found.content_before, found.content_after) == (1735, 1035)
    assert found.tar_after < found.tar_before
    assert found.lost == []
    assert found.shelf_delta == -700


def test_all_layers_as_one_hold_what_is_live(tmp_path):
    image = build(tmp_path, "a:1", BASE, BIG, TIDY)

    assert squash(image, 0, 2).content_after == ledger_of(image).live


def test_layers_that_other_images_share_stay_on_the_shelf_for_them(tmp_path):
    image = build(tmp_path, "a:1", BASE, BIG, TIDY)
    build(tmp_path, "b:1", BASE, BIG, ("COPY", [file("b", b"b")]))
    build(tmp_path, "c:1", BASE, ("COPY", [file("c", b"c")]))
    found = squash(image, 1, 2)

    assert [(lost.name, lost.layer_count, lost.content_size) for lost in found.lost] == [("b:1", 1, 730)]
    # b:1 keeps layer 1; only the empty layer above it goes, and 30 bytes come.
    assert found.shelf_delta == 30


def test_that_others_have_the_same_layers_is_not_told(tmp_path):
    image = build(tmp_path, "a:1", BASE, BIG, TIDY)
    other = build(tmp_path, "secret:1", BASE, BIG, ("COPY", [file("b", b"b")]))
    other.is_shared = False
    other.save()
    student = create_user(name="anna", password="correct horse battery", role=Role.STUDENT)
    with acts(Acting(student)):
        found = squash(image, 1, 2)

    # As if its layers were on the shelf for it alone: 730 bytes go, 30 come.
    assert (list(found.lost), found.shelf_delta) == ([], -700)


def test_leaving_out_a_path_makes_each_layer_new_that_holds_it(tmp_path):
    image = build(tmp_path, "a:1", BASE, BIG, TIDY)
    found = leave_out(image, "/big")

    assert [row.is_new for row in found.layers] == [False, True, False]
    assert (found.content_after, found.shelf_delta) == (1030, -700)


def test_leaving_out_nothing_changes_nothing(tmp_path):
    found = leave_out(build(tmp_path, "a:1", BASE, BIG), "*.pyc")

    assert found.changes_nothing
    assert (found.content_after, found.tar_after, found.shelf_delta) == (
        found.content_before,
        found.tar_before,
        0,
    )


@pytest.mark.parametrize("run", [(0, 0), (1, 0), (0, 2), (-1, 1)])
def test_what_is_no_run_of_layers_is_refused(run, tmp_path):
    image = build(tmp_path, "a:1", BASE, BIG)

    with pytest.raises(NoSuchLayer, match="is no run of two or more"):
        squash(image, *run)


def test_a_pattern_that_is_none_is_refused(tmp_path):
    with pytest.raises(InvalidGlob):
        leave_out(build(tmp_path, "a:1", BASE), "/")
