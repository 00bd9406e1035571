"""The founding story: nginx's page changed in the browser, committed, compared, and served by docker.

Nothing but a browser is used until the archive is downloaded; docker comes last, where there is one.
"""

import json
import subprocess
import tarfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from time import sleep
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from tests.engines.saved import docker_engine, run

PAGE = "usr/share/nginx/html/index.html"
TEXT = "<h1>Hello, Docker!</h1>"
DIFF = ["C /usr", "C /usr/share", "C /usr/share/nginx", "C /usr/share/nginx/html", f"C /{PAGE}"]
CONTAINER, IMAGE = "webserver", "founding/nginx:v2"


class Story(NamedTuple):
    """What the browser was told on the way."""

    diff: list[str]
    shared: str
    image_id: str
    archive: Path


@pytest.fixture(scope="module")
def story(browser: Browser, base_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    context = browser.new_context(base_url=base_url)
    page = context.new_page()
    page.set_default_timeout(15_000)

    # docker create --name webserver nginx
    page.goto("/containers/")
    page.get_by_role("textbox", name="Name").fill(CONTAINER)
    page.locator("select[name=image]").select_option(label="nginx")
    page.get_by_role("button", name="New container").click()

    # docker exec: the page is written
    page.wait_for_url("**/containers/*/", wait_until="load")
    page.goto(f"{page.url}?path={PAGE}")
    page.locator(".cm-content").last.click()
    page.keyboard.press("Control+a")
    page.keyboard.type(TEXT)
    page.keyboard.press("Control+s")

    # docker diff
    rail = page.locator("#rail")
    expect(rail).to_contain_text("index.html")
    diff = page.request.get(page.url.partition("?")[0] + "diff/").text().split("\n")

    # docker commit
    page.get_by_role("link", name="Commit", exact=True).click()
    page.get_by_label("Name repository:tag").fill(IMAGE)
    page.get_by_label("Author").fill("FingerArt <george@chengguo.io>")
    page.get_by_label("Message").fill("Change the default page")
    expect(page.locator("#preview")).to_contain_text("Change the default page")
    page.get_by_role("button", name="Commit", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(IMAGE)
    image_id = "sha256:" + page.url.partition("/images/")[2].partition("/")[0]

    # docker history, of both
    page.get_by_role("link", name="Compare the histories").click()
    shared = page.locator(".shared-bar summary").inner_text()
    expect(page.locator("#compared")).to_contain_text("“Change the default page”")
    page.go_back()

    # docker save
    with page.expect_download() as download:
        page.get_by_role("link", name="Save for docker load").click()
    archive = tmp_path_factory.mktemp("story") / download.value.suggested_filename
    download.value.save_as(archive)
    yield Story([line for line in diff if line], shared, image_id, archive)
    context.close()


def test_browser_says_what_docker_would(story):
    assert sorted(story.diff) == sorted(DIFF)
    assert story.shared.startswith("9 steps that both have")
    assert story.archive.name == "founding_nginx_v2.tar"


def test_archive_holds_the_image_of_the_page(story):
    with tarfile.open(story.archive) as archive:
        entry = json.load(archive.extractfile("manifest.json"))[0]
        config = archive.extractfile(entry["Config"]).read()

    assert entry["RepoTags"] == [IMAGE]
    assert f"sha256:{sha256(config).hexdigest()}" == story.image_id
    assert json.loads(config)["history"][-1]["author"] == "FingerArt <george@chengguo.io>"


@pytest.mark.engine
@pytest.mark.slow
def test_docker_loads_it_and_serves_the_page(story, tmp_path_factory):
    with docker_engine(tmp_path_factory.mktemp("docker")) as docker:
        assert f"Loaded image: {IMAGE}" in run(*docker, "load", "-i", story.archive)
        assert run(*docker, "image", "inspect", "--format", "{{.Id}}", IMAGE).strip() == story.image_id
        newest = run(*docker, "history", "--no-trunc", "--format", "{{json .}}", IMAGE).split("\n")[0]
        assert json.loads(newest)["Comment"] == "Change the default page"

        serve = ["busybox", "httpd", "-f", "-p", "80", "-h", "/usr/share/nginx/html"]
        run(*docker, "run", "--detach", "--network", "none", "--name", "served", IMAGE, *serve)
        assert served(docker) == TEXT
        run(*docker, "rm", "--force", "served")


def served(docker: list[str]) -> str:
    """The page that the container answers with, once it listens."""
    words = [*docker, "exec", "served", "busybox", "wget", "-qO-", "http://127.0.0.1/"]
    for _attempt in range(50):
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode == 0:
            return done.stdout.strip()
        sleep(0.1)
    return done.stderr
