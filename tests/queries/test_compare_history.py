"""Two histories beside each other: what they share is their common beginning."""

import pytest

from layers.models import Container
from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.import_archive import import_archive
from layers.operations.write_file import write_file
from layers.queries.compare_history import compare_histories
from layers.queries.images import find_image
from tests.oci.edits import GOLDEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def container() -> Container:
    import_archive(GOLDEN / "01-webserver" / "image.tar")
    return create_container(image=find_image("nginx:latest"))


def test_a_commit_adds_one_step_to_those_of_its_base(container):
    write_file(container=container, path=b"a", data=b"a")
    image = commit_container(container=container, message="mine")

    found = compare_histories(container.image, image)

    assert found.first == []
    assert [step.comment for step in found.second] == ["mine"]
    assert len(found.shared) == container.image.history_rows.count()
    assert found.shared_size == container.image.size


def test_two_commits_part_where_they_were_made(container):
    write_file(container=container, path=b"a", data=b"a")
    other = commit_container(container=container, message="mine")

    found = compare_histories(find_image("nginx:v2"), other)

    assert len(found.first) == len(found.second) == 1
    assert len(found.shared) == container.image.history_rows.count()


def test_an_image_shares_all_with_itself(container):
    found = compare_histories(container.image, container.image)

    assert (found.first, found.second) == ([], [])


def test_images_of_different_origin_share_nothing(container):
    other = import_archive(GOLDEN / "09-config" / "image.tar").images[0]

    found = compare_histories(container.image, other)

    assert found.shared == []
    assert len(found.first) == container.image.history_rows.count()


def test_same_words_over_another_layer_are_another_step(container):
    write_file(container=container, path=b"a", data=b"a")
    one = commit_container(container=container, reproducible=True)
    write_file(container=container, path=b"a", data=b"b")
    two = commit_container(container=container, reproducible=True)

    found = compare_histories(one, two)

    assert len(found.first) == len(found.second) == 1


def test_a_history_ends_with_the_layer_that_is_asked_for(container):
    image = find_image("nginx:v2")

    found = compare_histories(image, image, tops=(1, 3))

    assert found.first == []
    assert [step.position for step in (*found.second, *found.shared) if step.position is not None] == [
        3,
        2,
        1,
        0,
    ]
    assert found.second[0].position == 3
    assert compare_histories(image, image, tops=(-1, None)).shared == []


def test_steps_of_the_same_instruction_stand_side_by_side(container):
    other = import_archive(GOLDEN / "09-config" / "image.tar").images[0]
    pairs = compare_histories(container.image, other).pairs

    assert sum(pair.before is not None for pair in pairs) == container.image.history_rows.count()
    assert sum(pair.after is not None for pair in pairs) == other.history_rows.count()
    assert [pair.before for pair in pairs if pair.before] == compare_histories(container.image, other).first
    for before, after, is_same in pairs:
        assert is_same == bool(before and after and before.instruction == after.instruction)
