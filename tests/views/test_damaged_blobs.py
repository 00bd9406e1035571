"""A bit that flips on the disk is never part of an answer that looks whole."""

import pytest

from layers.models import Image
from layers.oci.digest import Digest
from layers.oci.errors import OCIError
from layers.operations.create_container import create_container
from layers.operations.write_file import write_file
from layers.storage import blob_path
from tests.layered import import_layers

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def image(db) -> Image:
    """One file in a layer that is stored as plain tar, so that nothing but a digest finds a flipped bit."""
    return import_layers({"file": CONTENT}, name="damaged:1")


def whole(client, address: str) -> bytes | None:
    """The answer, if it is sent to its end and says that all is well."""
    response = client.get(address)
    try:
        return b"".join(response) if response.status_code == 200 else None
    except OCIError:
        return None


@pytest.mark.parametrize("byte", [512, 512 + len(CONTENT) // 2, 511 + len(CONTENT)])
@pytest.mark.parametrize("address", ["raw/?path=file", "layers/0/download/", "save/", "tree/download/"])
def test_no_download_of_a_damaged_layer_ends_well(client, image, address, byte):
    url = f"/images/{image.image_id.partition(':')[2]}/{address}"
    assert whole(client, url) is not None
    path = blob_path(image.image_layers.get().stored.blob.digest)
    data = bytearray(path.read_bytes())
    data[byte] ^= 1
    path.write_bytes(data)

    assert whole(client, url) is None


@pytest.mark.parametrize("byte", [0, -1])
def test_no_download_of_a_damaged_file_of_a_container_ends_well(client, image, byte):
    container = create_container(image=image)
    write_file(container=container, path=b"own", data=CONTENT)
    url = f"/containers/{container.container_id}/"
    assert whole(client, f"{url}raw/?path=own") == CONTENT
    path = blob_path(Digest.of(CONTENT))
    data = bytearray(path.read_bytes())
    data[byte] ^= 1
    path.write_bytes(data)

    assert [whole(client, url + address) for address in ("raw/?path=own", "export/")] == [None, None]
