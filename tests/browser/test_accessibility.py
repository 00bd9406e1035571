"""Every page in every dress: axe finds nothing, and nothing scrolls sideways."""

import re
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.jobs.server import Server

AXE = (Path(__file__).resolve().parent.parent / "vendor" / "axe.min.js").read_text()
FINDINGS = (
    "axe.run().then(found => found.violations.map(v => `${v.id}: ${v.nodes.map(n => n.html).join(' ')}`))"
)
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

PAGES = {
    "images": ("", "/"),
    "imports": ("", "/imports/"),
    "upload": ("", "/import/"),
    "limits": ("", "/limits/"),
    "search": ("", "/search/?q=nginx"),
    "search-help": ("", "/search/"),
    "search-paths": ("", "/search/?q=**&kind=paths"),
    "search-path": ("", "/search/path/?path=etc/passwd"),
    "shelf": ("", "/shelf/"),
    "shelf-table": ("", "/shelf/?view=table"),
    "layer": ("nginx:v2", ""),
    "range": ("nginx:v2", "?from=1&to=3"),
    "outline": ("nginx:v2", "?view=outline"),
    "tree": ("nginx:v2", "?view=tree"),
    "history": ("oracle/config:buildkit", "history/"),
    "config": ("oracle/config:legacy", "config/"),
    "dockerfile": ("oracle/config:legacy", "dockerfile/"),
    "packages": ("shop:2", "packages/"),
    "removed packages": ("shop:2", "packages/?view=removed"),
    "packages by layer": ("shop:2", "packages/?view=changes"),
    "space": ("nginx:v2", "space/?from=1&to=2"),
    "space by layer": ("nginx:v2", "space/?by=layer&list=duplicates"),
    "space of a directory": ("nginx:v2", "space/?path=etc&list=packages"),
    "check": ("nginx:v2", "check/"),
    "findings": ("shop:2", "findings/"),
    "recoverable findings": ("shop:2", "findings/?shown=hidden"),
    "a secret": ("shop:2", "findings/?show=env-0"),
    "text": ("nginx:v2", "file/?path=etc/passwd"),
    "hex": ("nginx:v2", "file/?path=etc/passwd&as=hex"),
    "diff": ("nginx:v2", "file/?path=usr/share/nginx/html/index.html&as=diff"),
    "names": ("oracle/names:latest", "?layer=1"),
    "life": ("nginx:v2", "life/?path=usr/share/nginx"),
    "links": ("nginx:v2", "links/?path=bin/busybox"),
    "compare": ("", "/compare/?a=nginx:v2&b=oracle/names:latest"),
    "compare-config": ("", "/compare/?a=nginx:latest&b=nginx:v2&tab=config&all=1"),
    "compare-history": ("", "/compare/?a=nginx:v2&b=oracle/config:buildkit&tab=history"),
    "compare-sizes": ("", "/compare/?a=nginx:v2&b=oracle/names:latest&tab=sizes"),
    "compare-packages": ("", "/compare/?a=nginx:v2&b=oracle/names:latest&tab=packages"),
    "compare-file": (
        "",
        "/compare/file/?a=nginx:latest&b=nginx:v2&path=usr/share/nginx/html/index.html",
    ),
    "histories": ("", "/history/compare/?a=nginx:latest&b=nginx:v2"),
    "containers": ("", "/containers/"),
    "workspace": ("edited", ""),
    "edited directory": ("edited", "?path=etc"),
    "edited file": ("edited", "?path=etc/motd"),
    "edited file in hex": ("edited", "?path=etc/motd&as=hex"),
    "edited file against the image's": ("edited", "?path=usr/share/nginx/html/index.html&as=diff"),
    "form of an edit": ("edited", "?path=etc&do=chmod"),
    "form that loses": ("edited", "?do=delete"),
    "odd names": ("odd", "?path=n"),
    "commit": ("edited", "commit/"),
    "commit of odd names": ("odd", "commit/"),
    "dockerfile of a container": ("edited", "dockerfile/"),
    "dockerfile of a layer": ("nginx:v2", "layers/4/dockerfile/"),
}


SIDEWAYS = [
    "search",
    "search-help",
    "search-paths",
    "search-path",
    "shelf",
    "shelf-table",
    "images",
    "imports",
    "layer",
    "range",
    "outline",
    "tree",
    "history",
    "config",
    "dockerfile",
    "packages",
    "removed packages",
    "packages by layer",
    "space",
    "space by layer",
    "space of a directory",
    "check",
    "findings",
    "a secret",
    "text",
    "hex",
    "diff",
    "names",
    "histories",
    "commit",
    "commit of odd names",
    "dockerfile of a container",
    "dockerfile of a layer",
    "containers",
    "workspace",
    "edited directory",
    "edited file",
    "edited file in hex",
    "edited file against the image's",
    "form of an edit",
    "odd names",
]


@pytest.fixture
def visit(page: Page, server: Server):
    """Goes to a page by its name."""

    def go(name: str) -> None:
        image, query = PAGES[name]
        page.goto(page_of(server, image) + query)
        if page.locator("ib-editor").count():
            page.locator(".cm-content").wait_for()

    return go


def show_large(page: Page) -> None:
    """Projector mode, by its key, which a field that has the focus would take for itself."""
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("P")
    expect(page.locator("html")).to_have_attribute("data-projector", "")


@cache
def page_of(server: Server, image: str) -> str:
    """The path of the page of an image or a container, as their lists link it."""
    html = b"".join(server.request("GET", path)[1] for path in ("/", "/containers/")).decode()
    links = re.findall(r'data-row href="(/(?:images|containers)/[^"]+)">(.*?)</a>', html)
    return "" if not image else next(href for href, name in links if re.sub("<.*?>", "", name) == image)


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_any_dress(page: Page, visit, name):
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    visit(name)
    page.evaluate(AXE)
    found = {"light": page.evaluate(FINDINGS)}
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found["dark"] = page.evaluate(FINDINGS)
    show_large(page)
    found["projector"] = page.evaluate(FINDINGS)

    assert found == {"light": [], "dark": [], "projector": []}


@pytest.mark.parametrize("name", SIDEWAYS)
def test_nothing_scrolls_sideways(page: Page, visit, name):
    visit(name)
    beyond = {}
    for width in (320, 390, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        beyond[width] = page.evaluate(OVERFLOW)
    show_large(page)
    beyond["projector"] = page.evaluate(OVERFLOW)

    assert max(beyond.values()) <= 0, beyond


@pytest.mark.parametrize("name", ["images", "layer", "tree", "text"])
def test_links_lead_on_without_scripts(plain: Page, server, name):
    image, query = PAGES[name]
    plain.goto(page_of(server, image) + query)
    here = plain.url
    plain.locator("main a:not([download])").last.click()

    expect(plain).not_to_have_url(here)
    expect(plain.locator("h1")).to_have_count(1)
