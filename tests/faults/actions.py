"""What people do to a library, each as a function of nothing; and a library to do it to."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.management import call_command

from layers.models import Container, Image, Job, Reference
from layers.oci.changeset.chunks import CHUNK_SIZE
from layers.oci.reference import Reference as Name
from layers.operations.collect_garbage import collect_garbage
from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.delete_image import delete_image
from layers.operations.edit_container import make_directory, remove_paths
from layers.operations.import_archive import import_archive
from layers.operations.resume_upload import open_upload, receive_part
from layers.operations.tag_image import tag_image
from layers.operations.write_file import write_file
from layers.uploads import received_size

TESTS: Final = Path(__file__).resolve().parent.parent
ARCHIVE: Final = TESTS / "golden" / "02-delete-opaque" / "image.tar"
OTHER: Final = TESTS / "golden" / "04-hardlinks" / "image.tar"
OLD_LIBRARY: Final = TESTS / "upgrade" / "first.tar.xz"
NAME: Final = "oracle/hardlinks:latest"


def prepare() -> None:
    """An image that stays, one that nobody needs, and a container with an edited file."""
    image = import_archive(OTHER).images[0]
    container = create_container(image=image, name="edited")
    write_file(container=container, path=b"kept", data=b"kept" * 1000)
    spare = create_container(image=image, name="spare")
    write_file(container=spare, path=b"new", data=b"new" * 1000)
    commit_container(container=spare)
    Container.objects.filter(pk=spare.pk).delete()


def import_image() -> None:
    import_archive(ARCHIVE)


def finish_upload() -> None:
    """An upload in parts, from its opening or from where it was left."""
    size = ARCHIVE.stat().st_size
    job = open_upload(filename="a.tar", total_size=size, fingerprint="f")
    if not job.is_resumable:
        return
    offset = received_size(job.pk)
    with ARCHIVE.open("rb") as file:
        file.seek(offset)
        receive_part(job=job, offset=offset, chunks=iter(lambda: file.read(CHUNK_SIZE), b""))


def edit() -> None:
    """Two steps, of which each is there or not."""
    container = Container.objects.get(name="edited")
    write_file(container=container, path=b"etc-new", data=b"x" * 5000)
    make_directory(container=container, path=b"dir/below", parents=True)
    remove_paths(container=container, paths=[b"kept"] if has(container, b"kept") else [b"etc-new"])


def has(container: Container, path: bytes) -> bool:
    return container.upper_rows.filter(path=path).exists()


def commit() -> None:
    container = Container.objects.get(name="edited")
    commit_container(
        container=container,
        reference=Name.parse("made:1"),
        message="m",
        created=datetime(2026, 1, 2, tzinfo=UTC),
        move_container=True,
    )


def save() -> None:
    call_command("save", NAME, output=str(settings.DATA_DIR.parent / "saved.tar"))


def tag() -> None:
    tag_image(
        image=Reference.objects.get(repository="docker.io/oracle/hardlinks").image,
        reference=Name.parse("b:1"),
    )


def delete() -> None:
    """Delete every image that no container stands on."""
    for image in Image.objects.filter(containers=None):
        delete_image(image=image)


def collect() -> None:
    collect_garbage(grace=timedelta(0))


def migrate() -> None:
    call_command("migrate", verbosity=0, interactive=False)


ACTIONS: Final[dict[str, Callable[[], None]]] = {
    "import": import_image,
    "upload": finish_upload,
    "edit": edit,
    "commit": commit,
    "save": save,
    "tag": tag,
    "delete": delete,
    "gc": collect,
    "migrate": migrate,
}


def state() -> dict[str, list[str]]:
    """What a person sees of a library."""
    return {
        "images": sorted(Image.objects.values_list("image_id", flat=True)),
        "names": sorted(f"{row} {row.image.image_id}" for row in Reference.objects.select_related("image")),
        "containers": sorted(
            f"{row.name} {row.image.image_id}" for row in Container.objects.select_related("image")
        ),
        "uploads": sorted(Job.objects.values_list("state", flat=True)),
    }
