"""A library on a file system of its own that fills up: ``filled.py DIRECTORY FREE…``, a line of JSON each.

The data directory is a small ``tmpfs``, mounted by whoever starts this, in a name space of its own. For each
number the library is made anew, the file system is filled until so many bytes are free, and people go on
working: each thing they do succeeds, or is refused in a sentence.
"""

import io
import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any, Final

import django

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imagebrowser.settings")
django.setup()

# Only now can what needs the settings be imported.
from django.conf import settings  # noqa: E402
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.management.base import CommandError  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402

from layers.models import Container, Image, Job, Role  # noqa: E402
from layers.operations.create_user import create_user  # noqa: E402
from layers.queries.fsck.library import check_library  # noqa: E402
from tests.faults.actions import NAME, prepare  # noqa: E402
from tests.layered import layered_archive  # noqa: E402

TOLD: Final = r'class="(?:notice error|errorlist[^"]*|error)".*?>([^<>]{20,})<'
PASSWORD: Final = "correct horse battery"
NOISE: Final = os.urandom(3 * 2**20)


def main() -> None:
    directory = Path(sys.argv[1])
    for free in map(int, sys.argv[2:]):
        print(json.dumps({"free": free} | lived_through(directory, free)), flush=True)


def lived_through(directory: Path, free: int) -> dict[str, Any]:
    connection.close()
    for path in directory.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (directory / "tmp").mkdir()
    call_command("migrate", verbosity=0, interactive=False)
    prepare()
    create_user(name="root", password=PASSWORD, role=Role.ADMIN)
    connection.close()
    archive = directory.parent / "more.tar"
    archive.write_bytes(layered_archive({"noise": NOISE, "a": b"a"}, {"b": b"b" * 100_000}, name="more:1"))
    before = used(directory)
    fill(directory, free)
    said = {name: tried(name, archive) for name in STEPS}
    (directory / "filler").unlink()
    after = used(directory)
    said["fsck"] = problems()
    said |= {f"{name} again": tried(name, archive) for name in ("load", "view", "log in", "edit", "delete")}
    said["fsck again"] = problems()
    return {"said": said, "left": after - before}


def fill(directory: Path, free: int) -> None:
    """Leave so many bytes free."""
    with (directory / "filler").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(directory).free - free or 1)


def used(directory: Path) -> int:
    return shutil.disk_usage(directory).used


def problems() -> str:
    return " ".join(f"{problem.fault} {problem.subject}" for problem in check_library())


def tried(step: str, archive: Path) -> str:
    """Empty for success, or the sentence of a refusal; of anything else, what it was."""
    connection.close()  # as a process of its own would, each opens the database anew
    try:
        return STEPS[step](archive)
    except CommandError as error:
        return f"refused: {error}"
    except Exception as error:  # whatever it is, it is the finding
        return f"broken: {type(error).__name__}: {error}"


def command(*words: str) -> str:
    errors = io.StringIO()
    try:
        call_command(*words, stdout=io.StringIO(), stderr=errors)
    except SystemExit:
        return f"refused: {errors.getvalue().strip()}"
    return ""


def answered(method: str, path: str, data: dict[str, Any] | None = None) -> str:
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    answer = getattr(client, method)(path, data)
    if answer.status_code < 400:
        return ""
    told = re.search(TOLD, answer.content.decode(), re.DOTALL)
    kind = "broken" if answer.status_code == 500 or not told else "refused"
    return f"{kind}: {answer.status_code} {told and told[1]}"


def load(archive: Path) -> str:
    return command("load", str(archive))


def view(archive: Path) -> str:
    image = Image.objects.order_by("pk")[0]
    page = f"/images/{image.image_id.partition(':')[2]}/"
    return "".join(answered("get", path) for path in ("/", page, f"{page}?view=tree", "/healthz"))


def log_in(archive: Path) -> str:
    """With accounts: the login, a page that only those see who are in, and the logout."""
    with override_settings(ACCOUNTS=True):
        client = Client(headers={"host": "localhost"}, raise_request_exception=False)
        form = {"name": "root", "password": PASSWORD}
        asked = (("post", "/login/", form, 302), ("get", "/", None, 200), ("post", "/logout/", None, 302))
        for method, path, data, status in asked:
            answer = getattr(client, method)(path, data)
            if answer.status_code != status:
                return f"broken: {path} answers {answer.status_code}"
    return ""


def edit(archive: Path) -> str:
    container = Container.objects.get(name="edited")
    url = f"/containers/{container.container_id}/touch/?path="
    return answered("post", url, {"name": f"more-{container.revision}"})


def tag(archive: Path) -> str:
    return command("tag", NAME, "more:2")


def commit(archive: Path) -> str:
    return command("commit", "edited", "made:1")


def save(archive: Path) -> str:
    said = command("save", NAME, "--output", str(settings.DATA_DIR / "saved.tar"))
    (settings.DATA_DIR / "saved.tar").unlink(missing_ok=True)
    return said


def send(archive: Path) -> str:
    file = SimpleUploadedFile("more.tar", archive.read_bytes())
    return answered("post", "/import/", {"archives": file})


def cancel(archive: Path) -> str:
    return "".join(answered("post", f"/imports/{job.pk}/cancel/") for job in Job.objects.all())


def collect(archive: Path) -> str:
    return command("gc", "--grace", "0s")


def delete(archive: Path) -> str:
    free = [image.image_id for image in Image.objects.filter(containers=None)]
    return command("rmi", "--force", *free) if free else ""


STEPS: Final = {
    "load": load,
    "view": view,
    "log in": log_in,
    "edit": edit,
    "tag": tag,
    "commit": commit,
    "save": save,
    "upload": send,
    "view after that": view,
    "log in after that": log_in,
    "gc": collect,
    "cancel": cancel,
    "delete": delete,
    "gc after that": collect,
}

if __name__ == "__main__":
    main()
