"""The list of containers, and the workspace of one: pages, parts, and paths of every kind."""

import pytest

from layers.models import Container, Role
from layers.models.acting import Acting, acts
from layers.operations.create_container import create_container
from layers.operations.create_user import create_user
from layers.operations.edit_container import remove_paths
from layers.operations.write_file import write_file

HTMX = {"HX-Request": "true"}


@pytest.fixture
def container(nginx) -> Container:
    return create_container(image=nginx, name="web")


@pytest.fixture
def url(container) -> str:
    return f"/containers/{container.short_id}/"


@pytest.mark.parametrize("query", ["", "?path=etc", "?path=etc/passwd", "?path=bin/ls", "?kinds=A&q=etc"])
def test_page_is_whole_without_scripts(client, url, query):
    html = client.get(url + query).content.decode()

    assert html.startswith("<!doctype html>")
    assert html.count("<h1>") == 1


def test_list_of_none_says_how_to_begin(client, nginx):
    html = client.get("/containers/").content.decode()

    assert "No containers yet" in html
    assert f'<option value="{nginx.image_id}">' in html


def test_container_is_made_of_an_image_and_named(client, nginx):
    response = client.post("/containers/create/", {"image": nginx.image_id, "name": "web"})
    container = Container.objects.get()

    assert (response.status_code, response.headers["Location"]) == (303, f"/containers/{container.short_id}/")
    assert (container.name, container.image) == ("web", nginx)


def test_name_is_made_up_where_none_is_given(client, nginx):
    client.post("/containers/create/", {"image": "nginx:v2"})

    assert "_" in Container.objects.get().name


@pytest.mark.parametrize(("name", "sentence"), [("web", "already in use"), ("a b", "Invalid container name")])
def test_refused_name_stays_in_its_field(client, container, name, sentence):
    response = client.post("/containers/create/", {"image": container.image.image_id, "name": name})
    html = response.content.decode()

    assert response.status_code == 422
    assert sentence in html
    assert f'name="name" value="{name}"' in html
    assert Container.objects.count() == 1


def test_unknown_image_is_told(client, db):
    response = client.post("/containers/create/", {"image": "nothing", "name": "web"})

    assert response.status_code == 422
    assert "the library is empty" in response.content.decode()


def test_list_counts_changes(client, container):
    write_file(container=container, path=b"etc/motd", data=b"hello")
    html = client.get("/containers/").content.decode()

    assert "+1" in html
    assert "5 B" in html


def test_rail_says_what_docker_diff_says(client, container, url):
    write_file(container=container, path=b"etc/motd", data=b"hello")
    remove_paths(container=container, paths=[b"usr/share/nginx/html/50x.html"])
    html = client.get(url, headers=HTMX | {"HX-Target": "rail"}).content.decode()

    assert html.count('<li class="rail-row') == 7
    assert "/etc/motd" in html
    assert html.count("change-D") == 1
    assert "<!doctype" not in html


def test_deleted_path_is_struck_through_and_explained(client, container, url):
    remove_paths(container=container, paths=[b"etc/passwd"])

    assert "Deleted in this container" in client.get(url + "?path=etc/passwd").content.decode()
    assert client.get(url + "?path=etc/nowhere").status_code == 404


def test_rows_of_a_directory_are_for_htmx(client, url):
    rows = client.get(url + "rows/?path=usr&level=2", headers=HTMX).content.decode()

    assert rows.count('aria-level="2"') == rows.count("<tr")
    assert client.get(url + "rows/?path=usr").headers["Location"] == url + "?path=usr"


def test_unknown_container_is_not_found(client, db):
    assert client.get(f"/containers/{'0' * 12}/").status_code == 404


def test_container_of_somebody_else_is_shown_without_its_forms(client, nginx, settings):
    settings.ACCOUNTS = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    anna = create_user(name="anna", password="correct horse battery", role=Role.STUDENT)
    create_user(name="tina", password="correct horse battery", role=Role.TEACHER)
    with acts(Acting(anna)):
        container = create_container(image=nginx, name="hers")
        write_file(container=container, path=b"etc/motd", data=b"hello")
    client.post("/login/", {"name": "tina", "password": "correct horse battery"})
    pages = [f"/containers/{container.short_id}/{query}" for query in ("", "?path=etc", "?path=etc/motd")]

    for page in ["/containers/", *pages]:
        html = client.get(page).content.decode()
        assert "anna" in html
        assert 'name="chosen"' not in html
        assert "?do=" not in html
        assert "&amp;do=" not in html


NONSENSE = [
    "?path=%00",
    "?path=../../../etc/passwd",
    f"?path={'a/' * 3000}",
    f"?path={'a' * 5000}",
    "?path=etc/passwd/x",
    "?path=%ff%fe",
    "?at=%25ff&do=chmod&chosen=%2500&chosen=",
    "?do=nothing&kinds=XYZ&q=%00&from=99999999999&offset=-1",
    "?path=etc&offset=99999999",
    "rows/?path=etc/passwd&level=x",
    "rows/?path=%00&level=99999999999",
    "fresh/?seen=x&open=%00&open=..&path=nowhere",
    "diff/?kinds=&q=%ff",
]


@pytest.mark.parametrize("query", NONSENSE)
@pytest.mark.parametrize("target", ["", "middle", "rail", "rail-rows", "ask", "nothing"])
def test_nonsense_is_no_fault_of_the_server(client, url, query, target):
    headers = HTMX | {"HX-Target": target} if target else {}

    assert client.get(url + query, headers=headers).status_code < 500
