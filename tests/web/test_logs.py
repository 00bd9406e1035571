"""Every request has a name, and what it logs carries that name; hostile text stays on its line."""

import json
import logging

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import path

from imagebrowser.logs import JSONFormatter, LineFormatter, request_id
from imagebrowser.request_ids import RequestIdMiddleware
from imagebrowser.urls import handler500 as handler500
from imagebrowser.urls import urlpatterns as own_urls

pytestmark = pytest.mark.django_db


def broken(request):
    raise RuntimeError("on purpose")


urlpatterns = [*own_urls, path("broken/", broken)]


@pytest.fixture
def logged(caplog):
    """Asks for what the middleware has logged."""
    caplog.set_level(logging.DEBUG, "imagebrowser.requests")
    return lambda: [record for record in caplog.records if record.name == "imagebrowser.requests"]


def test_each_answer_names_its_request(client):
    first, second = (client.get("/healthz").headers["X-Request-Id"] for _ in range(2))

    assert len(first) == 16
    assert first != second


def test_a_client_does_not_choose_the_name(client):
    assert client.get("/healthz", headers={"x-request-id": "mine"}).headers["X-Request-Id"] != "mine"


def test_lines_logged_during_a_request_carry_its_name(client):
    seen = []

    def answer(request):
        seen.append(request_id.get())
        return HttpResponse()

    response = RequestIdMiddleware(answer)(RequestFactory().get("/"))

    assert seen == [response.headers["X-Request-Id"]]
    assert request_id.get() == ""


@pytest.mark.parametrize(
    ("method", "url", "level"),
    [("get", "/healthz", "DEBUG"), ("get", "/no-such-page", "INFO"), ("post", "/healthz", "INFO")],
)
def test_what_changes_or_fails_is_logged(client, logged, method, url, level):
    getattr(client, method)(url)

    (record,) = logged()
    assert record.levelname == level
    assert (record.method, record.path) == (method.upper(), url)


def test_a_query_is_not_logged(client, logged):
    client.get("/no-such-page?q=private")

    assert "private" not in logged()[0].getMessage()


@pytest.mark.urls(__name__)
def test_a_fault_shows_the_name_to_look_for_and_no_trace(client):
    client.raise_request_exception = False

    response = client.get("/broken/")

    assert response.status_code == 500
    assert response.headers["X-Request-Id"] in response.content.decode()
    assert "on purpose" not in response.content.decode()


def record(message: str, *values: object) -> logging.LogRecord:
    return logging.LogRecord("layers", logging.INFO, "", 0, message, values, None)


def test_a_line_stays_a_line():
    line = LineFormatter().format(record("import of %s failed", "a\nb\x1b[2J.tar"))

    assert line.endswith("INFO layers: import of a\\nb\\x1b[2J.tar failed")


def test_json_has_one_object_a_line():
    token = request_id.set("abc")
    try:
        line = JSONFormatter().format(record("import of %s failed", "a\nb"))
    finally:
        request_id.reset(token)

    assert "\n" not in line
    found = json.loads(line)
    assert found.pop("time").endswith("+00:00")
    assert found == {
        "level": "INFO",
        "logger": "layers",
        "message": "import of a\nb failed",
        "request_id": "abc",
    }


def test_the_server_logs_json_when_told(program):
    shown = program("diffsettings", env={"IMAGEBROWSER_LOG_FORMAT": "json"})

    assert b"LOG_FORMAT = 'json'" in shown.stdout
