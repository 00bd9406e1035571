"""Downloads are files of bytes: complete or broken off, never held in memory whole."""

import hashlib
import io
import re
import tarfile

import pytest
from django.test import AsyncRequestFactory
from django.urls import reverse

from layers.operations.create_container import create_container
from layers.operations.export_container import container_nodes
from layers.operations.export_tree import export_tree
from layers.operations.save_images import save_images
from layers.operations.write_file import write_file
from layers.queries.documents import documents_of
from layers.queries.selection import select_images
from layers.storage import blob_path, open_blob
from layers.views import downloads
from tests.web.asgi import send


def body(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def names(tar: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return archive.getnames()


def test_an_image_is_saved_with_its_names(client, nginx, url):
    response = client.get(url + "save/")
    archive = body(response)

    assert response["Content-Disposition"] == 'attachment; filename="nginx_v2.tar"'
    assert response["Content-Length"] == str(len(archive))
    assert archive == b"".join(save_images(select_images(["nginx:v2"])))
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_layout_has_no_docker_table(client, url):
    archive = names(body(client.get(url + "save/?format=oci")))

    assert "index.json" in archive
    assert "manifest.json" not in archive


def test_several_images_go_into_one_file(client, nginx):
    archive = body(client.get("/save/?image=nginx:v2&image=nginx:latest"))

    assert archive == b"".join(save_images(select_images(["nginx:v2", "nginx:latest"])))


def test_a_stored_layer_comes_as_it_is(client, nginx):
    stored = nginx.image_layers.get(position=4).stored
    response = client.get(reverse("layers:layer-download", args=[nginx.image_id, 4]))

    with open_blob(stored.blob.digest) as blob:
        assert body(response) == blob.read()
    assert response["Content-Disposition"] == f'attachment; filename="{stored.blob.digest[7:]}.tar"'


def test_a_directory_comes_as_a_tar(client, url):
    response = client.get(url + "tree/download/?path=usr/share/nginx/html&layer=3")

    assert response["Content-Disposition"] == 'attachment; filename="html.tar"'
    assert names(body(response)) == ["html", "html/50x.html", "html/index.html"]


def test_the_root_comes_without_a_name(client, url):
    assert {"etc", "etc/passwd"} <= set(names(body(client.get(url + "tree/download/"))))


@pytest.mark.parametrize(
    "address",
    ["layers/9/download/", "tree/download/?path=nowhere", "tree/download/?path=etc/passwd"],
)
def test_what_is_not_there_is_not_found(client, url, address):
    assert client.get(url + address).status_code == 404


@pytest.mark.parametrize("query", ["", "?image=nowhere"])
def test_no_image_is_no_archive(client, nginx, query):
    assert client.get(f"/save/{query}").status_code == 404


def test_a_cut_blob_is_told_and_nothing_is_sent(client, nginx, url):
    blob = nginx.image_layers.get(position=4).stored.blob
    blob_path(blob.digest).write_bytes(b"x")

    for address in ("save/", "layers/4/download/"):
        response = client.get(url + address)
        assert response.status_code == 500
        assert b"was changed in the blob store" in response.content


def test_head_has_the_size_and_no_bytes(client, url):
    response = client.head(url + "save/")

    assert int(response["Content-Length"]) > 2_000_000
    assert response.content == b""


def test_an_asynchronous_server_is_given_chunks_that_are_read_as_they_go(nginx):
    request = AsyncRequestFactory().get("/")
    response = downloads.image_save(request, nginx.image_id)

    assert response.is_async


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "address", ["save/", "layers/0/download/", "tree/download/?path=etc", "tree/download/"]
)
def test_an_asynchronous_server_sends_the_same(nginx, client, url, address):
    path, _, query = (url + address).partition("?")
    answer = send(path, [], method="GET", query=query)

    assert answer.status == 200
    assert answer.body == body(client.get(url + address))


@pytest.fixture
def container(nginx):
    container = create_container(image=nginx, name="web")
    write_file(container=container, path=b"etc/mine", data=b"mine")
    return container


def test_a_container_is_exported_as_it_is_seen(client, container):
    response = client.get(reverse("layers:container-export", args=[container.container_id]))
    archive = body(response)

    assert response["Content-Disposition"] == 'attachment; filename="web.tar"'
    assert archive == b"".join(export_tree(container_nodes(container)))
    assert "etc/mine" in names(archive)


def test_a_directory_of_a_container_comes_as_a_tar(client, container):
    address = reverse("layers:container-tree-download", args=[container.container_id])
    response = client.get(address + "?path=etc")

    assert response["Content-Disposition"] == 'attachment; filename="etc.tar"'
    assert {"etc", "etc/mine", "etc/passwd"} <= set(names(body(response)))


@pytest.mark.parametrize("path", ["nowhere", "etc/mine"])
def test_what_is_no_directory_of_a_container_is_not_found(client, container, path):
    address = reverse("layers:container-tree-download", args=[container.container_id])

    assert client.get(address, {"path": path}).status_code == 404


def test_documents_come_byte_for_byte(client, nginx, url):
    html = client.get(url + "config/").content.decode()
    links = re.findall(r'href="([^"]*/documents/[^"]*)"', html)

    assert len(links) == len(documents_of(nginx))
    for link, (title, blob) in zip(links, documents_of(nginx), strict=True):
        response = client.get(link)
        data = body(response)
        assert f"sha256:{hashlib.sha256(data).hexdigest()}" == blob.digest
        assert response["Content-Type"] == "application/json"
        assert f'filename="{title}-' in response["Content-Disposition"]


def test_documents_of_other_images_are_not_found(client, nginx, url):
    layer = nginx.image_layers.get(position=0).stored.blob

    assert client.get(f"{url}documents/{layer.digest[7:]}/").status_code == 404


def test_pages_link_what_they_show_as_files(client, nginx, url):
    detail = client.get(url + "?layer=2&view=tree&path=usr/share").content.decode()
    listing = client.get("/").content.decode()

    assert f'href="{url}save/?format=oci"' in detail
    assert "docker save -o nginx_v2.tar nginx:v2" in detail
    assert f'href="{url}layers/2/download/"' in detail
    assert f'href="{url}tree/download/?layer=2&amp;path=usr/share"' in detail
    assert f'href="{url}tree/download/?layer=2&amp;path=usr/share/nginx"' in detail
    assert 'name="image" form="save-selected" value="nginx:v2"' in listing


def test_an_image_without_a_name_is_picked_by_its_id(client, nginx):
    nginx.references.all().delete()

    assert f'value="{nginx.image_id}"' in client.get("/").content.decode()
