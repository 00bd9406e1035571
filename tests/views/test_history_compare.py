"""Two histories beside each other, at an address that can be shared."""

import pytest

from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.import_archive import import_archive
from layers.operations.write_file import write_file
from tests.views.conftest import GOLDEN
from tests.views.test_hostile_text import EVIL


@pytest.fixture
def committed(nginx):
    container = create_container(image=nginx, name="web")
    write_file(container=container, path=b"a", data=b"a")
    return commit_container(container=container, author=EVIL, message=EVIL)


def test_base_and_commit_share_all_but_one_step(client, nginx, committed):
    html = client.get("/history/compare/", {"a": "nginx:v2", "b": committed.image_id}).content.decode()

    assert f"{nginx.history_rows.count()} steps that both have" in html
    assert "Nothing of its own" in html
    assert "docker history nginx:v2" in html
    assert "<script>alert" not in html


def test_images_without_anything_in_common_say_so(client, nginx, data_dir):
    import_archive(GOLDEN / "06-rename" / "image.tar")
    response = client.get("/history/compare/?a=nginx:v2&b=oracle/rename:latest")

    assert "They have no step in common" in response.content.decode()


@pytest.mark.parametrize("query", ["", "?a=nginx:v2", "?b=nginx:v2"])
def test_it_asks_for_what_is_missing(client, nginx, query):
    response = client.get(f"/history/compare/{query}")

    assert response.status_code == 200
    assert "Name two images" in response.content.decode()


def test_unknown_image_is_told_and_the_form_kept(client, nginx):
    response = client.get("/history/compare/", {"a": "nginx:v2", "b": "nowhere"})
    html = response.content.decode()

    assert response.status_code == 404
    assert "No image is called" in html
    assert 'value="nowhere"' in html
