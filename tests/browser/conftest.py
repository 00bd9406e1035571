"""A real server with images in it, and a Chromium that fails a test on any error in its console."""

import io
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.conftest import run_program
from tests.jobs.server import Server
from tests.shop import shop_archive

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
GRAVE = ("error", "warning")
IMAGE_PAGE = re.compile("/images/[0-9a-f]+/$")
PATIENCE = 60_000
"""Milliseconds for what has to come: a machine that is ten times slower passes too."""
expect.set_options(timeout=PATIENCE)
IMAGES = {"nginx": "01-webserver", "names": "07-names", "config": "09-config"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what drives Chromium, and puts it last: once its event loop runs, Django's database may not.

    The longest of it comes first, or it would run alone in the end.
    """
    for item in items:
        if is_browsing(item):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs Chromium: apt install chromium"))
    items.sort(key=lambda item: (is_browsing(item), item.path.name != "test_hostile_crawl.py"))


def is_browsing(item: pytest.Item) -> bool:
    return Path(__file__).parent in item.path.parents


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    # As root, as in most containers, Chromium has no sandbox to offer.
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": ["--no-sandbox", "--disable-gpu"]}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Iterator[Server]:
    """``manage.py serve`` with the walk-through, odd names, every instruction and packages in its library."""
    data = tmp_path_factory.mktemp("browser")
    shutil.copy(migrated_database, data / "db.sqlite3")
    server = Server(data)
    try:
        for name, case in IMAGES.items():
            server.upload((GOLDEN / case / "image.tar").read_bytes(), f"{name}.tar")
        server.upload(shop_archive(), "shop.tar")
        server.await_states(*["done"] * (len(IMAGES) + 1))
        make_containers(data)
        run_program("keep_house", data=data).check_returncode()  # what the server would do in a while
        yield server
    finally:
        try:
            server.stop()
        except subprocess.TimeoutExpired:
            server.process.kill()


def make_containers(data: Path) -> None:
    """Containers to look at: ``edited`` has some changes, ``odd`` stands on an image with odd names."""
    run_program("create", "--name", "odd", "oracle/names:latest", data=data).check_returncode()
    run_program("create", "--name", "edited", "nginx:v2", data=data).check_returncode()
    files = {"etc/motd": b"hello\n", "usr/share/nginx/html/index.html": b"<h1>new</h1>\n"}
    run_program("cp", "-", "edited:/", data=data, input=tar_of(files)).check_returncode()


def tar_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture(scope="session")
def base_url(server: Server) -> str:
    return server.url.decode().rstrip("/")


@pytest.fixture
def troubles() -> list[str]:
    """What the console complains of; a test that provokes one takes it out."""
    return []


def watch(context: BrowserContext, troubles: list[str]) -> BrowserContext:
    """Has all pages of a context note what they complain of, and wait long enough."""
    context.set_default_timeout(PATIENCE)
    context.on("weberror", lambda error: troubles.append(str(error.error)))
    context.on("console", lambda said: troubles.extend([said.text] if said.type in GRAVE else []))
    context.on("dialog", lambda dialog: troubles.append(f"dialog: {dialog.message}"))
    return context


def arrive(page: Page, address: str | re.Pattern[str]) -> None:
    """Waits for the page to which a click leads, and for its scripts: keys before that are nobody's."""
    page.wait_for_url(address, wait_until="load")


@pytest.fixture
def page(context: BrowserContext, troubles: list[str]) -> Iterator[Page]:
    page = watch(context, troubles).new_page()
    yield page
    page.close()
    assert troubles == []


@pytest.fixture
def plain(browser: Browser, base_url: str, troubles: list[str]) -> Iterator[Page]:
    """A page of somebody else, without scripts."""
    context = browser.new_context(java_script_enabled=False, base_url=base_url)
    yield watch(context, troubles).new_page()
    context.close()
    assert troubles == []


@pytest.fixture
def nginx(page: Page) -> Page:
    """On the page of the image."""
    page.goto("/")
    page.get_by_role("link", name="nginx:v2").click()
    arrive(page, IMAGE_PAGE)
    return page
