"""Several people edit one container at the same moment: each step is kept whole, one after the other."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from layers.models import Container
from layers.operations.create_container import create_container
from layers.operations.editing import EditConflict
from layers.operations.import_archive import import_archive
from layers.operations.write_file import ABSENT, write_file
from layers.queries.changes import Filter
from layers.queries.container_changes import container_changes
from layers.queries.container_files import open_container_file
from layers.queries.containers import find_container
from tests.oci.edits import GOLDEN
from tests.soundness import check_sound

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def container() -> Container:
    image = import_archive(GOLDEN / "15-edit-ops" / "image.tar").images[0]
    return create_container(image=image, name="web")


def at_once(work, count: int = 4) -> list:
    """What each of several threads returns, each with a connection of its own."""

    def run(number: int):
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def test_nobodys_edit_is_lost(container):
    def work(number: int) -> None:
        for turn in range(5):
            path = f"srv/{number}-{turn}".encode()
            write_file(container=find_container("web"), path=path, data=path)
            assert container_changes(find_container("web")).total > turn

    at_once(work)
    now = find_container("web")

    assert container_changes(now, Filter("A")).total == 20
    assert now.revision == 20
    assert [edit.number for edit in now.edits.all()] == list(range(1, 21))
    check_sound()


def test_one_of_several_creates_the_file(container):
    def work(number: int) -> bool:
        try:
            write_file(
                container=find_container("web"), path=b"new", data=b"%d" % number, expected_sha256=ABSENT
            )
        except EditConflict:
            return False
        return True

    won = at_once(work)

    assert sum(won) == 1
    assert open_container_file(find_container("web"), b"new").read(0, 9) == b"%d" % won.index(True)
    check_sound()
