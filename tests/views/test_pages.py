"""Every page stands alone; a part of it is answered only where htmx swaps it in."""

import pytest

from layers.models import Job
from tests.layered import import_layers

PAGES = [
    "",
    "?view=tree",
    "?view=tree&path=usr/share",
    "?view=outline",
    "?from=1&to=3",
    "?layer=0&kinds=A&q=etc&min=1&sort=size&silent",
    "history/",
    "config/",
    "file/?path=etc/passwd",
    "file/?path=etc/passwd&as=hex",
    "file/?path=usr/share/nginx/html/index.html&as=diff",
]
HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize("query", PAGES)
def test_page_is_whole_without_scripts(client, url, query):
    html = client.get(url + query).content.decode()

    assert html.startswith("<!doctype html>")
    assert html.count("<h1>") == 1
    assert "nginx:v2" in html


@pytest.mark.parametrize("query", PAGES)
def test_part_is_answered_to_htmx_alone(client, url, query):
    part = client.get(url + query, headers=HTMX)

    assert "<!doctype" not in part.content.decode()
    assert "HX-Request" in part.headers["Vary"]


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request"])
def test_whole_page_where_htmx_will_show_it_as_a_page(client, url, header):
    response = client.get(url, headers=HTMX | {header: "true"})

    assert response.content.decode().startswith("<!doctype html>")


@pytest.mark.parametrize("path", ["/", "/imports/", "/import/", "/limits/"])
def test_pages_of_an_empty_library(client, db, path):
    response = client.get(path)

    assert response.status_code == 200
    assert response.content.decode().count("<h1>") == 1


def test_first_page_says_how_to_begin(client, db):
    assert "docker save" in client.get("/").content.decode()


def test_images_are_filtered_by_name(client, nginx):
    assert "nginx" in client.get("/?q=NGINX", headers=HTMX).content.decode()
    assert "No image matches" in client.get("/?q=absent", headers=HTMX).content.decode()


def test_changes_say_kind_and_path(client, url):
    html = client.get(url + "?kinds=A&q=bash").content.decode()

    assert 'class="change change-A"' in html
    assert "root/.bash_history" in html
    assert 'class="change change-C"' not in html


def test_rows_of_a_directory_are_for_htmx(client, url):
    rows = client.get(url + "rows/?view=tree&path=usr&level=2", headers=HTMX).content.decode()

    assert rows.count('aria-level="2"') == rows.count("<tr")
    assert "share" in rows


def test_rows_lead_to_a_page_without_htmx(client, url):
    response = client.get(url + "rows/?view=tree&path=usr&layer=4")

    assert response.headers["Location"] == url + "?layer=4&view=tree&path=usr"


def test_directory_is_shown_as_a_tree(client, url):
    response = client.get(url + "file/?path=usr/share")

    assert response.headers["Location"] == url + "?layer=4&view=tree&path=usr/share"


@pytest.mark.parametrize("query", ["?view=tree&path=nowhere", "file/?path=nowhere", "raw/?path=nowhere"])
def test_path_that_never_was_is_not_found(client, url, query):
    response = client.get(url + query)

    assert response.status_code == 404
    assert b"Not found" in response.content


def test_unknown_image_is_not_found(client, db):
    assert client.get(f"/images/{'0' * 64}/").status_code == 404


def test_older_version_of_a_file_is_kept_in_sight(client, url):
    old = client.get(url + "file/?layer=3&path=usr/share/nginx/html/index.html").content.decode()

    assert "Welcome to nginx!" in old
    assert "hidden by a layer above" in old


def test_history_keeps_empty_steps(client, url):
    html = client.get(url + "history/").content.decode()

    assert "STOPSIGNAL SIGQUIT" in html
    assert "docker history --no-trunc nginx:v2" in html


def test_config_shows_settings_and_raw_documents(client, url):
    html = client.get(url + "config/").content.decode()

    assert "EXPOSE" in html
    assert '<span class="nt">' in html


def test_import_that_runs_is_asked_about_again(client, db):
    job = Job.objects.create(filename="a.tar", state="running", stage="verify", done_size=5, total_size=10)
    response = client.get(f"/imports/{job.pk}/", headers=HTMX)

    assert response.status_code == 200
    assert 'hx-trigger="every 1s"' in response.content.decode()


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_import_that_has_ended_is_asked_about_no_more(client, db, state):
    job = Job.objects.create(filename="a.tar", state=state, stage="index", error="a.tar is no image.")
    response = client.get(f"/imports/{job.pk}/", headers=HTMX)

    assert response.status_code == 286
    assert "every 1s" not in response.content.decode()


def test_failed_import_says_why(client, db):
    job = Job.objects.create(filename="a.tar", state="failed", error="a.tar is no image.")

    assert "a.tar is no image." in client.get(f"/imports/{job.pk}/").content.decode()
    assert "a.tar is no image." in client.get("/").content.decode()


def test_import_is_cancelled(client, db):
    job = Job.objects.create(filename="a.tar", state="queued")
    client.post(f"/imports/{job.pk}/cancel/")

    job.refresh_from_db()
    assert job.state == "cancelled"


def test_limits_show_their_settings(client, db):
    html = client.get("/limits/").content.decode()

    assert "IMAGEBROWSER_LIMIT_UPLOAD_SIZE" in html
    assert "20 GiB" in html
    assert "IMAGEBROWSER_JOB_WALL_SECONDS" in html
    assert "<code>laptop</code>" in html
    assert "up to 1 MiB each" in html


@pytest.mark.parametrize(
    "page",
    ["", "?view=tree", "file/?path=d/f", "life/?path=d", "history/", "config/", "dockerfile/", "space/"],
)
def test_an_image_without_a_history_has_every_page(client, db, page):
    image = import_layers({"d/f": b"1"}, {"d/f": b"2"}, name="bare:1")

    assert client.get(f"/images/{image.image_id.partition(':')[2]}/{page}").status_code == 200
