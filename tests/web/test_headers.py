"""What every answer tells the browser not to do."""

import pytest

from imagebrowser.headers import POLICY

pytestmark = pytest.mark.django_db

URLS = ["/healthz", "/no-such-page", "/static/no-such-file"]


@pytest.mark.parametrize("url", URLS)
def test_every_answer_forbids_foreign_and_inline_content(client, url):
    headers = client.get(url).headers

    assert headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in headers


def test_pages_are_kept_in_no_cache(client):
    response = client.get("/no-such-page")

    assert response.headers["Content-Type"].startswith("text/html")
    assert response.headers["Cache-Control"] == "private, no-store"


def test_another_host_is_refused(client):
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_loopback_hosts_are_served(client, host):
    assert client.get("/healthz", headers={"host": host}).content == b"ok\n"


def test_static_files_are_served_whole_without_a_collecting_step(client):
    response = client.get("/static/django_htmx/django-htmx.js")

    assert response.headers["Content-Type"].startswith("text/javascript")
    assert not response.streaming
    assert len(response.content) == int(response.headers["Content-Length"])
    assert response.headers["Content-Security-Policy"] == POLICY


def test_an_unchanged_static_file_is_not_sent_again(client):
    url = "/static/django_htmx/django-htmx.js"
    seen = client.get(url).headers["Last-Modified"]

    assert client.get(url, headers={"if-modified-since": seen}).status_code == 304


@pytest.mark.parametrize("url", ["/", "/static/js/app.js", "/save/?image=x"])
def test_nothing_here_is_a_service_worker(client, db, url):
    assert client.get(url, headers={"Service-Worker": "script"}).status_code == 403
