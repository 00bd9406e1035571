"""The timeline of a file, the life of a directory, and what leads to a path."""

import re
from urllib.parse import quote

import pytest

from layers.models import Image
from layers.operations.import_archive import import_archive
from tests.oracle.golden import GOLDEN
from tests.views.test_hostile_text import url as hostile_image

__all__ = ["hostile_image"]
INDEX = "usr/share/nginx/html/index.html"
HTMX = {"HX-Request": "true"}
PAGES = ["life/?path=usr/share", f"life/?path={INDEX}", "life/", f"links/?path={INDEX}&layer=4"]


def html(client, url):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def deleted(db, data_dir):
    """The page of an image that deletes, replaces and makes again."""
    import_archive(GOLDEN / "02-delete-opaque" / "image.tar")
    return f"/images/{Image.objects.latest('pk').image_id.partition(':')[2]}/"


@pytest.mark.parametrize("query", PAGES)
def test_page_is_whole_without_scripts_and_a_part_with_them(client, url, query):
    whole, part = client.get(url + query), client.get(url + query, headers=HTMX)

    assert whole.content.decode().startswith("<!doctype html>")
    assert whole.content.decode().count("<h1>") == 1
    assert "<!doctype" not in part.content.decode()


def test_timeline_tells_why_and_by_which_step(client, url):
    page = html(client, f"{url}file/?path={INDEX}")
    life = page[page.index('id="life"') : page.index("</nav>", page.index('id="life"'))]

    assert life.count('class="life-step') == 2
    assert '<span class="reason">content</span>' in life
    assert "nginx -g daemon off;" in life
    assert "what the image shows" in life


def test_versions_are_picked_on_the_timeline(client, url):
    page = html(client, f"{url}file/?path={INDEX}")
    link = f'href="?from=3&amp;to=4&amp;path={INDEX}&amp;as=diff"'
    assert link in page

    for query in ("from=3&to=4", "from=4&to=3", "layer=4"):
        compared = html(client, f"{url}file/?{query}&path={INDEX}&as=diff")
        assert "− layer 3" in compared
        assert "+ layer 4" in compared
        assert "life-card life-from" in compared
        assert "life-card life-to is-current" in compared


def test_a_version_is_compared_with_a_time_when_nothing_was_there(client, url):
    compared = html(client, f"{url}file/?from=0&to=4&path={INDEX}&as=diff")

    assert "− not there" in compared
    assert "+ layer 4" in compared


def test_a_directory_tells_what_happened_below_it(client, url):
    page = html(client, f"{url}life/?path=usr/share/nginx/html")

    assert "Life of /usr/share/nginx/html/" in page
    assert '<span class="kind-C-text">~1</span>' in page
    assert "manage.py log nginx:v2 /usr/share/nginx/html" in page
    assert f'href="{url}life/?path=usr/share"' in html(client, f"{url}?view=tree&path=usr/share")


def test_what_was_deleted_and_made_again_says_when(client, deleted):
    page = " ".join(html(client, f"{deleted}life/?path=srv/logs").split())

    assert "added in layer 0, again in layer 4" in page
    assert "deleted in layer 2, layer 5" in page
    assert "gone since layer 5" in page
    assert page.count('<tr class="event') == 5  # and changed in layer 1, which deletes a file in it


def test_what_went_with_its_directory_says_which(client, deleted):
    page = html(client, f"{deleted}life/?path=srv/logs/0.log")
    assert '<a href="?path=srv/logs">/srv/logs</a>' in page

    timeline = html(client, f"{deleted}file/?path=srv/logs/0.log")
    assert "went with /srv/logs" in timeline
    assert "Deleted in layer 2" in timeline


def test_of_what_was_deleted_the_command_reads_the_layer_that_has_it(client, deleted):
    page = html(client, f"{deleted}file/?path=srv/logs/0.log")

    assert "docker run" not in page
    assert set(re.findall(r"manage\.py cat \S+ /srv/logs/0\.log --layer (\d)", page)) == {"0"}


def test_a_version_from_before_a_deletion_is_compared_with_one_after(client, deleted):
    page = html(client, f"{deleted}file/?from=0&to=4&path=srv/logs/2.log&as=diff")

    assert "− layer 0" in page
    assert "+ layer 4" in page
    assert page.count('class="life-step') == 4


def test_a_linked_directory_leads_to_the_real_life(client, url):
    response = client.get(f"{url}life/?path=var/run/nginx.pid")

    assert response.headers["Location"] == f"{url}life/?path=run/nginx.pid"


@pytest.mark.parametrize("view", ["life", "links"])
def test_a_path_that_never_was_is_not_found(client, url, view):
    assert client.get(f"{url}{view}/?path=no/where").status_code == 404


def test_links_that_lead_to_a_file_are_listed(client, url):
    page = html(client, f"{url}links/?path=bin/busybox")

    assert "/bin/sh" in page
    assert "→ busybox" in page
    assert 'hx-trigger="load"' in html(client, f"{url}file/?path=bin/busybox")
    assert "No other name, and no link" in html(client, f"{url}links/?path={INDEX}")


@pytest.mark.parametrize("view", ["life", "links", "file"])
def test_hostile_names_are_never_markup(client, hostile_image, view):
    for path in ('"><script>alert(1)<', "new\nline", "bidi\u202egnp.exe"):
        response = client.get(f"{hostile_image}{view}/?path={quote(path)}", follow=True)
        text = response.content.decode()
        assert "<script>alert" not in text
        assert "\u202e" not in text
