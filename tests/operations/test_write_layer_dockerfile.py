"""A layer of an image as a Dockerfile: the same build that its container would have given."""

import io
import tarfile

import pytest

from layers.models import Container, Image
from layers.operations.commit_container import commit_container
from layers.operations.delete_image import delete_image
from layers.operations.remove_container import remove_container
from layers.operations.write_dockerfile import write_dockerfile
from layers.operations.write_layer_dockerfile import write_layer_dockerfile
from layers.queries.positions import NoSuchLayer
from tests.recorded import STEPS, recorded_container

pytestmark = pytest.mark.django_db
CHANGES = ["ENV A=1", 'CMD ["a", "b c"]']


@pytest.fixture(params=STEPS, ids=lambda step: step["step"])
def container(request) -> Container:
    return recorded_container(request.param)


def committed(container, **options) -> Image:
    return commit_container(container=container, author="Ann", message="why", **options)


def lines(build) -> list[str]:
    """The Dockerfile without its remarks."""
    return [line for line in build.dockerfile.split("\n") if not line.startswith("#")]


def context(build) -> dict[str, tuple]:
    """What the build is given besides the Dockerfile."""
    with tarfile.open(fileobj=io.BytesIO(b"".join(build.context()))) as tar:
        members = [member for member in tar.getmembers() if member.name != "Dockerfile"]
        return {
            member.name: (
                member.get_info() | {"chksum": 0},
                member.isfile() and tar.extractfile(member).read(),
            )
            for member in members
        }


def test_layer_is_built_as_its_container_was(container):
    before = write_dockerfile(container=container, changes=CHANGES)
    image = committed(container, changes=CHANGES)
    after = write_layer_dockerfile(image=image, position=image.image_layers.count() - 1)

    assert sorted(lines(after)) == sorted(lines(before))
    assert [line for line in lines(after) if line.startswith(("FROM", "RUN", "COPY", "ADD"))] == [
        line for line in lines(before) if line.startswith(("FROM", "RUN", "COPY", "ADD"))
    ]
    assert context(after) == context(before)
    assert "# why" in after.dockerfile
    assert "# Ann" in after.dockerfile


def test_without_its_base_the_name_is_left_open(container):
    image = committed(container)
    base = container.image
    remove_container(container=container)
    delete_image(image=base)
    build = write_layer_dockerfile(image=image, position=image.image_layers.count() - 1)

    assert "FROM base-image" in build.dockerfile
    assert any("put its name" in note for note in build.notes)


def test_layer_that_is_not_there_is_told(container):
    with pytest.raises(NoSuchLayer):
        write_layer_dockerfile(image=container.image, position=99)
