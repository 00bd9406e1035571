"""The shelf and the page of a layer: what stands on what, what would be freed, and who uses a layer."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from layers.models import Blob, Image, Layer, Reference, Role, StoredLayer
from layers.models.acting import Acting, acts
from layers.oci.digest import Digest
from layers.operations.create_container import create_container
from layers.operations.create_user import create_user
from layers.operations.delete_image import delete_image
from layers.operations.import_archive import import_archive
from layers.queries.layer_users import NoSuchLayerHere, layer_use
from layers.queries.shelf import shelf_tree
from tests.views.conftest import GOLDEN

HTMX = {"HX-Request": "true"}


def key(image: Image) -> str:
    return image.image_id.partition(":")[2]


def test_an_empty_shelf_says_how_to_begin(client, db):
    for query in ("", "?view=table"):
        assert "No images yet" in client.get("/shelf/" + query).content.decode()


def test_images_stand_on_their_base(client, nginx):
    text = client.get("/shelf/").content.decode()

    assert text.startswith("<!doctype html>")
    assert re.search(r"nginx:latest.*nginx:v2", text, re.DOTALL)
    assert "on nginx:latest" in text


@pytest.mark.parametrize("query", ["", "?view=table", "?view=table&sort=size", "?view=table&sort=nonsense"])
def test_part_is_answered_to_htmx_alone(client, nginx, query):
    part = client.get("/shelf/" + query, headers=HTMX).content.decode()

    assert part.lstrip().startswith('<div id="shelf"')


def test_every_image_is_in_the_table(client, nginx):
    import_archive(GOLDEN / "12-tags-dangling-identical" / "image.tar")
    text = client.get("/shelf/?view=table").content.decode()

    assert set(re.findall(r'name="image" value="([0-9a-f]+)"', text)) == set(map(key, Image.objects.all()))


def test_what_a_deletion_would_free_is_told(client, nginx):
    text = client.get(f"/shelf/?image={key(nginx)}").content.decode()
    size = sum(Blob.objects.values_list("size", flat=True))
    delete_image(image=nginx)
    freed = size - sum(Blob.objects.values_list("size", flat=True))

    assert f'<strong title="{freed} B">' in text
    assert "rmi --dry-run nginx:v2" in text


def test_ids_that_are_none_choose_nothing(client, nginx):
    for value in ("", "x", "0" * 64, "<script>"):
        answer = client.get("/shelf/", {"image": value})
        assert answer.status_code == 200
        assert 'id="freed"' not in answer.content.decode()


def test_a_container_in_the_way_is_named(client, nginx):
    container = create_container(image=nginx)
    text = client.get(f"/shelf/?image={key(nginx)}").content.decode()

    assert f"The container {container.name} stands on" in text


def test_the_image_page_says_what_it_is_built_on(client, url):
    text = client.get(url).content.decode()

    assert re.search(r'built on <a href="/images/[0-9a-f]{64}/">nginx:latest</a>, 1 layer', text)


def test_the_image_page_leads_to_what_deleting_it_would_free(client, url):
    link = re.search(r'href="(/shelf/\?image=[^"]+)"', client.get(url).content.decode())[1]

    assert 'id="freed"' in client.get(unescape(link)).content.decode()


def test_more_stands_than_a_page_holds_are_left_to_the_table(client, nginx, monkeypatch):
    monkeypatch.setattr("layers.views.shelf.MOST_STANDS", 1)

    assert "1 more is not drawn" in client.get("/shelf/").content.decode()


@pytest.mark.parametrize("query", ["", "?view=table"])
def test_questions_to_the_database_do_not_grow_with_the_shelf(client, nginx, query):
    client.get("/shelf/" + query)
    with CaptureQueriesContext(connection) as few:
        client.get("/shelf/" + query)
    import_archive(GOLDEN / "12-tags-dangling-identical" / "image.tar")
    import_archive(GOLDEN / "04-hardlinks" / "image.tar")
    with CaptureQueriesContext(connection) as more:
        client.get("/shelf/" + query)

    assert len(more) <= len(few) + 2


def layer_url(layer: Layer) -> str:
    return f"/layers/{layer.diff_id.partition(':')[2]}/"


def test_a_layer_tells_its_images_and_forms(client, nginx):
    layer = Layer.objects.earliest("pk")
    text = client.get(layer_url(layer)).content.decode()

    assert "in <strong>2</strong> images" in text
    assert layer.diff_id in text
    assert layer.stored.get().blob.digest in text
    link = unescape(re.search(r'href="([^"]+/download/)"', text)[1])
    assert client.get(link).status_code == 200
    assert client.get(layer_url(layer), headers=HTMX).content.decode().lstrip().startswith('<div id="layer"')


def test_an_unknown_layer_is_no_page(client, nginx):
    assert client.get(f"/layers/{'0' * 64}/").status_code == 404


def test_images_of_a_layer_come_in_pages(client, nginx, monkeypatch):
    monkeypatch.setattr("layers.views.layer.USERS_A_PAGE", 1)
    first = client.get(layer_url(Layer.objects.earliest("pk"))).content.decode()
    second = client.get(layer_url(Layer.objects.earliest("pk")) + "?offset=1").content.decode()

    assert re.findall(r"data-row [^>]*>([^<]+)<", first) == ["nginx:v2"]
    assert re.findall(r"data-row [^>]*>([^<]+)<", second) == ["nginx:latest"]
    assert "page-after" in first
    assert "page-before" in second


def test_a_layer_in_two_forms_is_downloaded_in_each(client, db, data_dir):
    for name in ("oci-gzip.tar", "oci-zstd.tar", "docker26.tar"):
        import_archive(GOLDEN / "10-formats" / name)
    forms = [form for layer in Layer.objects.all() for form in layer_use(layer.diff_id, limit=9).forms]

    assert {form.blob.digest for form, _ in forms} == set(
        StoredLayer.objects.values_list("blob__digest", flat=True)
    )
    assert len(forms) > Layer.objects.count()
    for form, user in forms:
        if user is not None:
            page = f"/images/{key(user.image)}/layers/{user.position}/download/"
            content = b"".join(client.get(page).streaming_content)
            assert Digest.of(content) == form.blob.digest


def test_what_belongs_to_others_is_not_on_the_shelf(db, data_dir, settings):
    settings.ACCOUNTS = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    anna, ben = (
        create_user(name=name, password="correct horse", role=Role.STUDENT) for name in ("anna", "ben")
    )
    with acts(Acting(anna)):
        image = import_archive(GOLDEN / "01-webserver" / "image.tar").images[0]
        assert shelf_tree().totals.image_count == Image.objects.count()
    with acts(Acting(ben)):
        assert shelf_tree().totals.image_count == 0
        with pytest.raises(NoSuchLayerHere):
            layer_use(image.chain.layer.diff_id, limit=5)


def test_unnamed_images_are_told_by_their_ids(client, nginx):
    Reference.objects.all().delete()

    for query in ("", "?view=table"):
        assert key(nginx)[:12] in client.get("/shelf/" + query).content.decode()
