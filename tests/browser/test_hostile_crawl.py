"""Every page that links lead to, over images full of hostile texts: nothing of them becomes a page."""

import shutil
import subprocess
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
from django.urls import get_resolver, resolve
from playwright.sync_api import APIResponse, Error, Page

from tests.browser.conftest import tar_of
from tests.browser.hostile_images import ENDS, PAGE, PLANT, SVG, UNSEEN, generated, planted, refused
from tests.conftest import run_program
from tests.jobs.server import Server

GOLDEN: Final = Path(__file__).resolve().parent.parent / "golden"
ALIKE: Final = 2
"""Pages of one URL pattern without parameters that are visited; with the same parameters, one is."""
WORDS: Final = ("as", "by", "do", "kind", "list", "only", "shown", "sort", "tab", "view")
"""Parameters each of whose values makes another page."""
SENT: Final = (
    *("image-raw", "image-save", "images-save", "layer-download", "layer-context", "tree-download"),
    *("document-download", "dockerfile-download", "packages-download", "container-raw", "container-export"),
    *("container-tree-download", "container-context"),
)
"""URLs that answer with a file."""
PICTURES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
BORN: Final = """() => [...document.querySelectorAll("[id^=pwned]")].map(each => each.outerHTML)"""
LINKS: Final = """() => [
    ...[...document.querySelectorAll("a[href], [hx-get], img[src]")].map(each =>
        each.getAttribute("hx-get") || each.getAttribute("href") || each.getAttribute("src") || ""),
    ...[...document.forms].filter(form => form.method === "get").map(form =>
        `${form.getAttribute("action") || ""}?${new URLSearchParams(new FormData(form))}`),
]"""
WATCH: Final = """document.addEventListener("securitypolicyviolation",
    each => console.error(`policy: ${each.violatedDirective} ${each.blockedURI} ${each.sample}`))"""
NOT_REACHED: Final = frozenset(
    {
        *("account", "account-change", "account-create", "account-list"),
        *("audit", "commit-preview", "container-chmod", "container-chown"),
        *("container-copy", "container-create", "container-delete", "container-fresh"),
        *("container-mkdir", "container-move", "container-redo", "container-remove"),
        *("container-rename", "container-replace", "container-reset", "container-restore"),
        *("container-symlink", "container-touch", "container-undo", "container-unpack"),
        *("container-upload", "container-write", "image-share", "import-cancel"),
        *("import-create", "login", "logout", "space-dive"),
        *("token-create", "token-delete", "upload", "upload-create"),
        *("upload-part",),
    }
)
"""What only forms are sent to, scripts ask for, or people who have logged in."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, migrated_database: Path) -> Iterator[Server]:
    """A library in which nothing is harmless."""
    data = tmp_path_factory.mktemp("hostile")
    shutil.copy(migrated_database, data / "db.sqlite3")
    archives = generated(tmp_path_factory.mktemp("generated"))
    server = Server(data)
    try:
        for name, archive in archives.items():
            server.upload(archive, name)
        server.upload((GOLDEN / "07-names" / "image.tar").read_bytes(), "names.tar")
        server.upload(planted(), quote(f"{PLANT}{UNSEEN}.tar"))
        server.await_states(*["done"] * (len(archives) + 2))
        server.upload(refused(), quote(f"{PLANT}{UNSEEN}.tar"))
        server.await_states(*["done"] * (len(archives) + 2), "failed")
        edit(data)
        yield server
    finally:
        try:
            server.stop()
        except subprocess.TimeoutExpired:
            server.process.kill()


def edit(data: Path) -> None:
    """A container with hostile files, edited twice, and an image committed from it with hostile texts."""
    run_program("create", "--name", "edited", "planted:1", data=data).check_returncode()
    first = {"page.html": f"{PAGE}\nnew".encode(), f"new/{PLANT}.svg": SVG.encode(), UNSEEN: b"new"}
    run_program("cp", "-", "edited:/", data=data, input=tar_of(first)).check_returncode()
    words = ("commit", "-a", ENDS, "-m", PLANT + UNSEEN, "-c", f"LABEL a={quote(PLANT)}", "edited", "made:1")
    run_program(*words, data=data).check_returncode()
    second = {f"{PLANT}/later": ENDS.encode(), "sw.js": b"alert(2)"}
    run_program("cp", "-", "edited:/", data=data, input=tar_of(second)).check_returncode()
    run_program("keep_house", data=data).check_returncode()


def kind_of(url: str) -> tuple[str, str]:
    """What pages that are alike have in common: the name of the pattern, and the parameters."""
    parts = urlsplit(url)
    pairs = sorted((key, value if key in WORDS else "") for key, value in parse_qsl(parts.query))
    return resolve(parts.path).url_name or "", urlencode(pairs)


def first_urls() -> list[str]:
    """Where to begin: the start page, and what people type."""
    texts = [PLANT, ENDS, UNSEEN]
    asked = [f"/search/?{urlencode({'q': text})}" for text in [*texts, "pwned", "alert", "**"]]
    asked += [f"/?{urlencode({'q': text})}" for text in texts]
    asked += [f"/compare/?{urlencode({'a': 'planted:1', 'b': name})}" for name in ("made:1", "edited", PLANT)]
    asked += [f"/history/compare/?{urlencode({'a': 'planted:1', 'b': 'made:1'})}"]
    asked += [f"/search/path/?{urlencode({'path': f'{PLANT}/{PLANT}.html'})}"]
    return ["/", "/save/?image=planted:1", *asked]


def harm(answer: APIResponse) -> str:
    """What is wrong with a file that is sent: it is saved, or a picture, and never a page of ours."""
    headers = answer.headers
    disposition, media_type = headers.get("content-disposition", ""), headers["content-type"]
    right = (
        answer.status == 200
        and headers["x-content-type-options"] == "nosniff"
        and headers["content-security-policy"] == "sandbox; default-src 'none'"
        and (disposition.startswith("attachment") or media_type in PICTURES)
        and disposition.isascii()
        and disposition.isprintable()
    )
    return "" if right else f"{answer.status} {headers}"


def test_no_text_of_an_image_becomes_a_page(page: Page, troubles: list[str], hostile: Server):
    base = hostile.url.decode().rstrip("/")
    page.add_init_script(WATCH)
    page.route("**/favicon.ico", lambda route: route.fulfill(status=204))  # of a part that is opened alone
    todo, seen = deque(first_urls()), Counter[tuple[str, str]]()
    wrong: list[str] = []
    while todo:
        url = todo.popleft()
        kind = kind_of(url)
        if seen[kind] >= (1 if kind[1] else ALIKE):
            continue
        seen[kind] += 1
        if kind[0] in SENT:
            if said := harm(page.request.get(base + url)):
                wrong.append(f"{url}: {said}")
            continue
        try:
            answer = page.goto(base + url, wait_until="load")
        except Error as error:
            wrong.append(f"{url}: {error}")
            continue
        if answer is None or answer.status != 200:
            wrong.append(f"{url}: {answer and answer.status}")
        wrong += [f"{url}: {trouble}" for trouble in troubles]
        troubles.clear()
        wrong += [f"{url}: {element}" for element in page.evaluate(BORN)]
        for link in page.evaluate(LINKS):
            target = urlsplit(link)
            if target.scheme or target.netloc:
                wrong.append(f"{url} leads to {link}")
            elif (
                (target.path or target.query) and not target.path.startswith("/static/") and link != "/save/?"
            ):
                path = target.path or urlsplit(url).path
                todo.append(path + (f"?{target.query}" if target.query else ""))

    print(sum(seen.values()), "pages")
    names = {name for name in get_resolver("layers.urls").reverse_dict if isinstance(name, str)}
    assert wrong == []
    assert names - {name for name, _ in seen} == NOT_REACHED
