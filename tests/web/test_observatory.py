"""Mozilla's HTTP Observatory, as a test: each of its checks, on the answer of every URL, served by https."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.web.test_every_url import NAMES, URLS, address, content, visitor, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db

HALF_A_YEAR = 15_768_000


class Tags(HTMLParser):
    """Every tag with its attributes, and whether a script or style has a text of its own."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: list[str] = []
        self._in = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        self._in = ""

    def handle_data(self, data: str) -> None:
        if self._in and data.strip():
            self.inline.append(data)


def policy(response: Any) -> dict[str, list[str]]:
    parts = (part.split() for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in parts}


def page(response: Any) -> Tags:
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return Tags(content(response).decode() if is_page else "")


CHECKS: dict[str, Callable[[Any], bool]] = {
    "Content Security Policy: default-src 'none'": lambda r: policy(r)["default-src"] == ["'none'"],
    "… nothing unsafe, foreign or of any kind": lambda r: (
        not re.search(r"unsafe|\*|http:|https:|blob:", r.headers["Content-Security-Policy"])
    ),
    "… bounds what a default does not": lambda r: (
        "sandbox" in policy(r) or {"base-uri", "form-action", "frame-ancestors", "object-src"} <= {*policy(r)}
    ),
    "Cookies: secure, not for scripts, of this site": lambda r: all(
        cookie["secure"] and cookie["httponly"] and cookie["samesite"] in ("Lax", "Strict")
        for cookie in r.cookies.values()
    ),
    "Cross-origin resource sharing: none": lambda r: (
        not any(name.lower().startswith("access-control") for name in r.headers)
    ),
    "Redirection: stays here": lambda r: r.headers.get("Location", "/").startswith("/"),
    "Referrer Policy": lambda r: r.headers["Referrer-Policy"] == "same-origin",
    "Strict Transport Security": lambda r: (
        int(re.search(r"max-age=(\d+)", r.headers["Strict-Transport-Security"])[1]) >= HALF_A_YEAR
    ),
    "Subresource integrity: no script of others": lambda r: all(
        (attributes.get("src") or "").startswith("/") for tag, attributes in page(r).tags if tag == "script"
    ),
    "X-Content-Type-Options": lambda r: r.headers["X-Content-Type-Options"] == "nosniff",
    "X-Frame-Options": lambda r: r.headers["X-Frame-Options"] == "DENY",
    "Cross-Origin Resource Policy": lambda r: r.headers["Cross-Origin-Resource-Policy"] == "same-origin",
    "No inline script, style or handler": lambda r: (
        not page(r).inline
        and not [
            name
            for _, attributes in page(r).tags
            for name in attributes
            if name.startswith(("on", "hx-on")) or name == "style"
        ]
    ),
    "Nothing is kept by caches": lambda r: "no-store" in r.headers["Cache-Control"],
    "Names neither program nor version": lambda r: not {"Server", "X-Powered-By"} & {*r.headers},
}


@pytest.fixture
def https(settings):
    """The settings that ``IMAGEBROWSER_HTTPS=1`` makes, and that middleware reads when it is made."""
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_SSL_REDIRECT = True
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True


@pytest.mark.parametrize(("name", "parameters"), URLS, ids=NAMES)
def test_every_answer_passes_every_check(https, world, name, parameters):
    url = address(world, name, parameters)
    for who in ("nobody", "anna"):
        response = visitor(world, who).get(url, secure=True)
        failed = [check for check, passes in CHECKS.items() if not passes(response)]

        assert failed == [], f"{url} as {who}"


def test_http_leads_to_https_on_the_same_host(https, client):
    response = client.get("/images/?q=a")

    assert (response.status_code, response.headers["Location"]) == (301, "https://testserver/images/?q=a")
