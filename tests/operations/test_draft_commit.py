"""What is filled in for a commit is kept with the container, and touches nothing else of it."""

import pytest

from layers.models import Container
from layers.operations.create_container import create_container
from layers.operations.draft_commit import draft_commit
from layers.operations.import_archive import import_archive
from layers.operations.write_file import write_file
from layers.queries.images import find_image
from tests.oci.edits import GOLDEN

pytestmark = pytest.mark.django_db


@pytest.fixture
def container() -> Container:
    import_archive(GOLDEN / "01-webserver" / "image.tar")
    return create_container(image=find_image("nginx:latest"))


def test_drafts_are_kept(container):
    draft_commit(container=container, author="Ann", message="why", changes=["ENV A=1"])

    kept = Container.objects.get()
    assert (kept.author, kept.message, kept.config_changes) == ("Ann", "why", ["ENV A=1"])
    assert (container.author, container.config_changes) == ("Ann", ["ENV A=1"])


def test_drafts_are_no_edit(container):
    write_file(container=container, path=b"a", data=b"a")
    before = Container.objects.get()
    draft_commit(container=container, author="Ann", message="", changes=[])

    after = Container.objects.get()
    assert (after.revision, after.changed_at) == (before.revision, before.changed_at)
    assert container.edits.count() == 1


def test_draft_of_somebody_who_edits_meanwhile_keeps_the_edits(container):
    stale = Container.objects.get()
    write_file(container=container, path=b"a", data=b"a")
    draft_commit(container=stale, author="Ann", message="", changes=[])

    assert Container.objects.get().revision == container.revision


def test_what_is_known_is_not_written_again(container, django_assert_num_queries):
    draft_commit(container=container, author="Ann", message="", changes=[])

    with django_assert_num_queries(0):
        draft_commit(container=container, author="Ann", message="", changes=[])
