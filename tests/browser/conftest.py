"""A real server with images in it, and a Chromium that fails a test on any error in its console."""

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.conftest import run_program
from tests.jobs.server import Server
from tests.shop import shop_archive

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
IMAGES = {"nginx": "01-webserver", "names": "07-names", "config": "09-config"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what drives Chromium, and puts it last: once its event loop runs, Django's database may not."""
    for item in items:
        if is_browsing(item):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs Chromium: apt install chromium"))
    items.sort(key=is_browsing)


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


@pytest.fixture
def page(context: BrowserContext, troubles: list[str]) -> Iterator[Page]:
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
    page.on("dialog", lambda dialog: troubles.append(f"dialog: {dialog.message}"))
    yield page
    page.close()
    assert troubles == []


@pytest.fixture
def nginx(page: Page) -> Page:
    """On the page of the image."""
    page.goto("/")
    page.get_by_role("link", name="nginx:v2").click()
    page.wait_for_url("**/images/*/", wait_until="load")
    return page
