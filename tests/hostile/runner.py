"""Import hostile files, each in a process and a library of its own, and print what came of each as JSON.

``runner.py DIRECTORY MIGRATED FILE…``: works below ``DIRECTORY``, starting each library from the SQLite
file ``MIGRATED``. A line is printed for every file, whatever happens to the process that imports it.
"""

import json
import logging
import os
import resource
import shutil
import signal
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import django

CPU_SECONDS = 60
WALL_SECONDS = 300
"""Longer than any of them takes, on a machine that does much else."""
ADDRESS_SPACE = 2**30
HANGS = (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL)
BOMBS = ("gzip-zeros.", "zstd-rle-")
BOMB_FILE_SIZE = 512 * 2**20
"""More than this of a bomb is not written before it is stopped."""
CONTENT_SHOWN = 64
ROWS_SHOWN = 3000
FILES_READ = 50
LINKS_FOLLOWED = 20
PAGES_OF_FILES = 4
HOST_SECRET = Path("/etc/passwd").read_bytes()

DIRECTORY = Path(sys.argv[1])
os.environ["IMAGEBROWSER_DATA"] = str(DIRECTORY / "data")
os.environ["IMAGEBROWSER_FREE_DISK_SIZE"] = "0"
os.environ["IMAGEBROWSER_RESERVE_SIZE"] = "0"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imagebrowser.settings")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
django.setup()
logging.disable()

# Only now can what needs the settings be imported.
from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils.http import urlencode  # noqa: E402

from layers.models import Image, NumberRange  # noqa: E402
from layers.oci.changeset.entry import Kind  # noqa: E402
from layers.oci.errors import OCIError  # noqa: E402
from layers.operations.import_archive import import_archive  # noqa: E402
from layers.queries.changes import Filter, changes  # noqa: E402
from layers.queries.files import open_entry  # noqa: E402
from layers.queries.fsck.library import check_library  # noqa: E402
from layers.queries.history import history  # noqa: E402
from layers.queries.images import find_image, list_images  # noqa: E402
from layers.queries.tree import NoSuchPath, TreeRow, layer_of, lookup, walk  # noqa: E402


def main() -> None:
    warm_up(Path(sys.argv[3]).parents[1] / "docker" / "good.docker.tar")
    for file in sys.argv[3:]:
        print(json.dumps({"file": file} | in_a_process(Path(file))), flush=True)


def warm_up(good: Path) -> None:
    """Load every page and query once, so that the processes to come find them loaded."""
    empty_library()
    imported(good)
    connection.close()


def in_a_process(file: Path) -> dict[str, Any]:
    """What the process that imported ``file`` told, or how it died."""
    ours, theirs = os.pipe()
    process = os.fork()
    if not process:
        os.close(ours)
        # No handler: a process that hangs in C code must die of it all the same.
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        signal.alarm(WALL_SECONDS)
        told = json.dumps(outcome(file)).encode()
        with os.fdopen(theirs, "wb") as pipe:
            pipe.write(told)
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        told = pipe.read()
    _, status = os.waitpid(process, 0)
    if told:
        return json.loads(told)
    number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return {"outcome": "hang" if number in HANGS else "killed", "signal": number}


def outcome(file: Path) -> dict[str, Any]:
    """Import ``file`` into an empty library; what is there afterwards."""
    empty_library()
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    before = peak_kib()
    try:
        told = imported(file)
    except Exception:
        told = {"outcome": "crash", "traceback": traceback.format_exc()[-3000:]}
    return told | {
        "peak_kib": peak_kib() - before,
        "rows": {name: count for name, count in row_counts().items() if count},
        "left": sorted(left_files()),
        "outside": sorted(path.name for path in (DIRECTORY / "cwd").iterdir()),
        "problems": [
            f"{found.fault} {found.subject}: {found.sentence}" for found in check_library(deep=True)
        ],
    }


def imported(file: Path) -> dict[str, Any]:
    """Import ``file``; if that is refused, how; else what the library shows of it."""
    if file.name.startswith(BOMBS):
        resource.setrlimit(resource.RLIMIT_FSIZE, (BOMB_FILE_SIZE, BOMB_FILE_SIZE))
    try:
        result = import_archive(file, filename=file.name)
    except OCIError as error:
        return {"outcome": "refused", "error": type(error).__name__, "message": str(error)}
    images = [image.image_id for image in result.images]
    told: dict[str, Any] = {"outcome": "imported", "images": images, "fidelity": len(result.fidelity)}
    told["names"] = [str(reference) for reference in result.references]
    if images:
        told |= shown(find_image(images[0]))
    pages(images[:1])
    return told


def empty_library() -> None:
    connection.close()
    shutil.rmtree(settings.DATA_DIR, ignore_errors=True)
    (settings.DATA_DIR / "tmp").mkdir(parents=True)
    shutil.copy(sys.argv[2], settings.DATA_DIR / "db.sqlite3")
    (DIRECTORY / "cwd").mkdir(exist_ok=True)
    os.chdir(DIRECTORY / "cwd")


def shown(image: Image) -> dict[str, Any]:
    """The merged tree at the top, with the beginning of each file; every query is asked on the way."""
    list_images()
    history(image)
    top = image.image_layers.count() - 1
    for position in range(min(top + 1, 3)):
        changes(image, position, Filter(silent=True), limit=ROWS_SHOWN)
    rows = first(walk(image, top), ROWS_SHOWN) if top >= 0 else []
    secret = False
    contents: dict[str, str] = {}
    for row in [row for row in rows if row.entry.kind is Kind.FILE][:FILES_READ]:
        content = open_entry(row.entry, layer_of(image, row.position)).read(0, 2**16)
        secret |= HOST_SECRET in content
        contents[text(row.path)] = content[:CONTENT_SHOWN].decode("latin-1")
    for row in [row for row in rows if row.entry.linkname is not None][:LINKS_FOLLOWED]:
        follow(image, top, row)
    tree = [[text(row.path), row.entry.kind.word, text(row.entry.linkname or b"")] for row in rows]
    return {"tree": tree, "contents": contents, "secret": secret, "layers": top + 1}


def follow(image: Image, position: int, row: TreeRow) -> None:
    """Follow a link to wherever it leads in the image."""
    try:
        lookup(image, position, row.path, follow=True)
    except NoSuchPath:
        return


def pages(images: list[str]) -> None:
    """Ask for the pages of the images; an exception in one of them is one here."""
    client = Client(SERVER_NAME="localhost")
    get(client, reverse("layers:image-list"))
    for image_id in images:
        image = find_image(image_id)
        top = image.image_layers.count() - 1
        for name in ("image-detail", "image-history", "image-config"):
            get(client, page(name, image))
        get(client, page("image-detail", image, layer=top, view="tree"))
        for row in odd_rows(image, top):
            get(client, page("image-file", image, layer=top, path=row.path))
            if row.entry.kind is Kind.DIRECTORY:
                get(client, page("image-detail", image, layer=top, view="tree", path=row.path))


def page(name: str, image: Image, **query: Any) -> str:
    return reverse(f"layers:{name}", args=[image.image_id]) + "?" + urlencode(query)


def get(client: Client, url: str) -> None:
    response = client.get(url)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if response.status_code not in (200, 302, 404):
        raise AssertionError(f"{url} answers {response.status_code}")
    if HOST_SECRET in content:
        raise AssertionError(f"{url} shows a file of this machine")


def odd_rows(image: Image, top: int) -> list[TreeRow]:
    """Some paths of the tree, the last ones: what is hostile mostly comes after what is not."""
    return first(walk(image, top), ROWS_SHOWN)[-PAGES_OF_FILES:] if top >= 0 else []


def first(rows: Iterable[TreeRow], count: int) -> list[TreeRow]:
    return [row for row, _ in zip(rows, range(count), strict=False)]


def text(name: bytes) -> str:
    return name.decode("latin-1")


def peak_kib() -> int:
    """The most memory this process has held so far, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def row_counts() -> dict[str, int]:
    models = [model for model in apps.get_app_config("layers").get_models() if model is not NumberRange]
    return {model.__name__: model._default_manager.count() for model in models}


def left_files() -> Iterator[str]:
    """Files of blobs and of unfinished work."""
    for path in settings.DATA_DIR.rglob("*"):
        relative = path.relative_to(settings.DATA_DIR)
        if path.is_file() and relative.parts[0] in ("blobs", "tmp", "cache") and path.name != ".lock":
            yield str(relative)


if __name__ == "__main__":
    main()
