"""The founding story: nginx's page changed in the browser, committed, compared, and served by docker.

Nothing but a browser is used until the archive is downloaded; docker comes last, where there is one.
It is told three times: edit by edit as it was recorded with a real docker, by the keyboard alone,
and without scripts.
"""

import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from layers.oci.archive.write import write_docker_archive
from layers.operations.demo_images import demo_images
from tests.browser import storytelling
from tests.browser.conftest import arrive
from tests.browser.storytelling import AUTHOR, Saved, make, tab_to
from tests.engines.saved import docker_engine, run
from tests.jobs.server import Server
from tests.oracle.golden import GOLDEN, golden

CASE = "01-webserver"
PAGE = "usr/share/nginx/html/index.html"
TEXT = "<h1>Hello, Docker!</h1>\n"
TYPED = f"echo '<h1>Hello, Docker!</h1>' > /{PAGE}\nexit\n"
MESSAGE = "修改了默认网页"
CACHES = ("client_temp", "proxy_temp", "fastcgi_temp", "uwsgi_temp", "scgi_temp")
OF_A_HEADER = ("name", "type", "mode", "uid", "gid", "size", "sha256")
OF_ITS_CONTAINER = ("Hostname", "Image")
LAYER: dict[str, Any] = golden(CASE)["images"][1]["layers"][-1]
"""What docker recorded of the same edits."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Iterator[str]:
    """A server of our own: the story takes a name from an image that others look at."""
    data = tmp_path_factory.mktemp("story")
    shutil.copy(migrated_database, data / "db.sqlite3")
    server = Server(data)
    try:
        server.upload((GOLDEN / CASE / "image.tar").read_bytes(), "nginx.tar")
        server.upload(b"".join(write_docker_archive(demo_images())), "demo.tar")
        server.await_states("done", "done")
        yield server.url.decode().rstrip("/")
    finally:
        server.stop()


# --- as it was recorded -----------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded(browser: Browser, address: str) -> Iterator[Page]:
    """In the workspace of ``webserver``, in which all is done that the recorded container did."""
    with storytelling.reader(browser, address) as page:
        edit_as_recorded(page)
        yield page


def edit_as_recorded(page: Page) -> None:
    storytelling.make_container(page, "webserver", "nginx")
    storytelling.go_to(page, PAGE)
    storytelling.write(page, TEXT)
    storytelling.go_to(page, "run")
    make(page, "file", "nginx.pid")
    storytelling.write(page, "1\n")
    storytelling.go_to(page, "root")
    make(page, "file", ".bash_history")
    storytelling.write(page, TYPED)
    storytelling.set_mode(page, "0600")
    for name in CACHES:
        storytelling.go_to(page, "var/cache/nginx")
        make(page, "directory", name)
    storytelling.go_to(page, "var/cache/nginx")
    storytelling.set_all(page, "Mode…", "mode", "0700")
    storytelling.set_all(page, "Owner…", "owner", "101:0")


@pytest.fixture(scope="module")
def lines(recorded: Page) -> list[str]:
    """What is copied as text from the workspace, before the commit."""
    href = recorded.get_by_role("link", name="Copy as text").get_attribute("href")
    return recorded.request.get(href or "").text().splitlines()


@pytest.fixture(scope="module")
def committed(recorded: Page, lines: list[str], tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """``nginx:v2``, told about before it takes that name, and downloaded."""
    recorded.get_by_role("link", name="Commit", exact=True).click()
    arrive(recorded, "**/commit/")
    storytelling.describe(recorded, "nginx:v2", MESSAGE)
    expect(recorded.locator("#name-check")).to_contain_text("nginx:v2 names image 1c9f65dc7733 now")
    expect(recorded.locator("#leave")).to_contain_text("/root/.bash_history")
    recorded.get_by_role("button", name="Commit", exact=True).click()
    expect(recorded.get_by_role("heading", level=1)).to_have_text("nginx:v2")
    button = recorded.get_by_role("link", name="Save for docker load")
    return storytelling.save(recorded, button, tmp_path_factory.mktemp("nginx"))


def test_rail_says_line_by_line_what_docker_said(recorded, lines):
    rows = LAYER["changes"]["docker_diff"]["rows"]

    assert lines == [" ".join(row) for row in rows]
    assert sorted(lines) == sorted(golden(CASE)["docker_diff_cli_raw_order"])


def test_archive_holds_the_image_of_the_page(committed):
    config = config_in(committed.archive)

    assert committed.archive.name == "nginx_v2.tar"
    assert f"sha256:{sha256(config).hexdigest()}" == committed.image_id


def test_layer_holds_what_docker_put_into_its_own(committed):
    assert members_of_top_layer(committed.archive) == [
        {key: row[key] for key in OF_A_HEADER if key in row} for row in LAYER["entries"]
    ]


def test_history_and_config_are_those_that_docker_wrote(committed):
    theirs, ours = golden(CASE)["images"][1]["config"], json.loads(config_in(committed.archive))

    assert {**ours["history"][-1], "created": ""} == {**theirs["history"][-1], "created": ""}
    assert ours["history"][:-1] == theirs["history"][:-1]
    assert ours["rootfs"]["diff_ids"][:-1] == theirs["rootfs"]["diff_ids"][:-1]
    assert {**ours["config"], **dict.fromkeys(OF_ITS_CONTAINER)} == {
        **theirs["config"],
        **dict.fromkeys(OF_ITS_CONTAINER),
    }


def test_histories_differ_by_the_commit(recorded, committed):
    recorded.get_by_role("link", name="Compare the histories").click()

    expect(recorded.locator(".shared-bar summary")).to_contain_text("9 steps that both have")
    expect(recorded.locator("#compared")).to_contain_text(f"“{MESSAGE}”")
    expect(recorded.locator("#compared")).to_contain_text(AUTHOR)
    recorded.go_back()


# --- by the keyboard alone, with the demo image -----------------------------------------


@pytest.fixture(scope="module")
def by_keys(browser: Browser, address: str, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    with storytelling.reader(browser, address) as page:
        return play_by_keys(page, tmp_path_factory.mktemp("keys"))


def play_by_keys(page: Page, directory: Path) -> Saved:
    page.goto("/containers/")
    images = page.locator("select[name=image]")
    tab_to(page, images)
    page.keyboard.type("webserver:v1")
    expect(images.locator(":checked")).to_have_text("webserver:v1")
    tab_to(page, page.get_by_role("textbox", name="Name"))
    page.keyboard.type("by_keys")
    page.keyboard.press("Enter")

    arrive(page, storytelling.WORKSPACE)
    for name in PAGE.split("/"):
        tab_to(page, page.locator("#directory").get_by_role("link", name=name, exact=True))
        page.keyboard.press("Enter")
        expect(page.locator("#middle-title")).to_have_text(name)
    tab_to(page, page.locator(".cm-content").last)
    page.keyboard.press("Control+a")
    page.keyboard.type(TEXT)
    page.keyboard.press("Control+s")
    expect(page.locator("#editor-state")).to_contain_text("Saved")
    storytelling.expect_last_change(page, "C", f"/{PAGE}")

    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog", name="Commit")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type("webserver:keys")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("webserver:keys")
    button = page.get_by_role("link", name="Save for docker load")
    tab_to(page, button)
    return storytelling.save(page, button, directory)


def test_keyboard_is_enough(by_keys):
    assert by_keys.archive.name == "webserver_keys.tar"
    assert f"sha256:{sha256(config_in(by_keys.archive)).hexdigest()}" == by_keys.image_id


# --- without scripts --------------------------------------------------------------------


def test_story_is_played_without_scripts_up_to_the_commit(browser, address):
    with storytelling.reader(browser, address, java_script_enabled=False) as page:
        commit_without_scripts(page)

        expect(page.get_by_role("heading", level=1)).to_have_text("nginx:plain")
        expect(page.locator("#committed")).to_contain_text("plain is committed as nginx:plain")
        page.get_by_role("link", name="Compare the histories").click()
        expect(page.locator("#compared")).to_contain_text(f"“{MESSAGE}”")


def commit_without_scripts(page: Page) -> None:
    storytelling.make_container(page, "plain", "nginx")
    storytelling.go_to(page, PAGE)
    page.locator("textarea[name=text]").fill(TEXT)
    page.get_by_role("button", name="Save").click()
    storytelling.expect_last_change(page, "C", f"/{PAGE}")

    page.get_by_role("link", name="Commit", exact=True).click()
    page.get_by_label("Name repository:tag").fill("nginx:plain")
    page.get_by_label("Message").fill(MESSAGE)
    page.get_by_role("button", name="Commit", exact=True).click()


# --- into docker ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    with docker_engine(tmp_path_factory.mktemp("docker")) as words:
        yield words


@pytest.mark.engine
@pytest.mark.slow
def test_docker_loads_what_the_page_showed_and_serves_the_page(docker, committed, by_keys):
    for saved, name in ((committed, "nginx:v2"), (by_keys, "webserver:keys")):
        assert f"Loaded image: {name}" in run(*docker, "load", "-i", saved.archive)
        assert run(*docker, "image", "inspect", "--format", "{{.Id}}", name).strip() == saved.image_id
    newest = run(*docker, "history", "--no-trunc", "--format", "{{json .}}", "nginx:v2").split("\n")[0]
    row = json.loads(newest)
    assert (row["Comment"], row["CreatedBy"]) == (MESSAGE, "nginx -g daemon off;")

    # The demo image runs its own server; nginx:v2, from beside it, has the program that asks.
    run(*docker, "run", "--detach", "--network", "none", "--name", "served", "webserver:keys")
    try:
        assert served(docker) == TEXT
    finally:
        run(*docker, "rm", "--force", "served")
    assert run(*docker, "run", "--rm", "--network", "none", "nginx:v2", "cat", f"/{PAGE}") == TEXT


def served(docker: list[str]) -> str:
    """The page that the container answers with, once it listens."""
    ask = ["nginx:v2", "busybox", "wget", "-qO-", "http://127.0.0.1/"]
    words = [*docker, "run", "--rm", "--network", "container:served", *ask]
    for _attempt in range(50):
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout
        sleep(0.1)
    return done.stderr


# --- what lies in an archive ------------------------------------------------------------


def config_in(archive: Path) -> bytes:
    with tarfile.open(archive) as outer:
        return outer.extractfile(json.load(outer.extractfile("manifest.json"))[0]["Config"]).read()


def members_of_top_layer(archive: Path) -> list[dict[str, object]]:
    """The headers of the newest layer, as the golden files tell them."""
    with tarfile.open(archive) as outer:
        name = json.load(outer.extractfile("manifest.json"))[0]["Layers"][-1]
        with tarfile.open(fileobj=outer.extractfile(name)) as layer:
            return [told(layer, member) for member in layer]


def told(layer: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, object]:
    head = {"name": re.sub("/$", "", member.name), "uid": member.uid, "gid": member.gid}
    if member.isdir():
        return head | {"type": "dir", "mode": f"{0o40000 | member.mode:o}"}
    content = layer.extractfile(member).read()
    digest = sha256(content).hexdigest()
    return head | {
        "type": "file",
        "mode": f"{0o100000 | member.mode:o}",
        "size": member.size,
        "sha256": digest,
    }
