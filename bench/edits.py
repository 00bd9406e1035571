"""What a commit takes, measured inside the program: as a warm server makes it, no network.

Runs as ``manage.py shell -c "from bench.edits import main; main('bench-wide:gzip', 5)"``.
"""

import json
import time

from django.test import Client

from bench.inputs import LASTING
from bench.trees import made_up_path
from layers.models import Container
from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.remove_container import remove_container
from layers.operations.write_file import write_files
from layers.queries.images import find_image
from layers.server import warm_up

EDITS = 1000
TYPED = "message"


def main(image: str, count: int) -> None:
    """Print seconds of each preview and commit, as JSON."""
    warm_up()
    previews, committed = timed_commits(image, count)
    print(json.dumps({"previews": previews, "commits": committed}))


def timed_commits(image: str, count: int) -> tuple[list[float], list[float]]:
    """A thousand files are edited, half of them new, looked at as a commit, and committed."""
    previews, commits = [], []
    for number in range(count):
        container = new_container(image)
        old = [(made_up_path(i).encode(), b"edited %d\n" % number) for i in LASTING[: EDITS // 2]]
        new = [(b"srv/new/%d/%d.conf" % (i % 20, i), b"new %d\n" % i) for i in range(EDITS // 2)]
        write_files(container=container, directory=b"", files=old + new)
        previews += [timed_preview(container, letter) for letter in TYPED]
        start = time.perf_counter()
        commit_container(container=container, message=f"bench {number}")
        commits.append(time.perf_counter() - start)
        remove_container(container=container)
    return previews, commits


def timed_preview(container: Container, letter: str) -> float:
    """A letter more of the message is typed, and what the commit would make shown again."""
    page = f"/containers/{container.container_id}/commit/preview/"
    start = time.perf_counter()
    answer = Client().post(page, {"message": letter}, headers={"HX-Request": "true"}, SERVER_NAME="localhost")
    if answer.status_code != 200 or b"entries in the layer" not in answer.content:
        raise SystemExit("the preview does not show the layer")
    return time.perf_counter() - start


def new_container(image: str) -> Container:
    """A container in which nothing is edited yet."""
    return create_container(image=find_image(image))
