"""Whatever is done to a library, in whatever order: gc takes what nothing needs, and that alone."""

import os
import shutil
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from layers.models import Blob, Container, Image
from layers.models import Reference as Name
from layers.oci.archive.contents import read_contents
from layers.oci.reference import Reference
from layers.operations import commit_import, sweep
from layers.operations.clean_abandoned import discard_staging
from layers.operations.collect_garbage import collect_garbage
from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.delete_image import ImageInUse, delete_image, delete_reference, withdraw
from layers.operations.import_archive import import_archive
from layers.operations.open_archive import open_archive
from layers.operations.remove_container import remove_container
from layers.operations.reset_container import reset_container
from layers.operations.stage_images import Stager
from layers.operations.tag_image import tag_image
from layers.operations.undo_edit import redo, undo
from layers.operations.write_file import write_file
from layers.queries.containers import find_container
from layers.queries.fsck.library import check_library
from layers.storage import Staging, blob_path, stored_digests
from tests.operations.gc_model import ContainerModel, Model, digest_of, parsed
from tests.oracle.golden import GOLDEN

EXAMPLES = int(os.environ.get("GC_EXAMPLES", "12"))
STEPS = int(os.environ.get("GC_STEPS", "30"))
HOUR = timedelta(hours=1)
ARCHIVES = [
    "01-webserver/image.tar",
    "10-formats/image.tar",
    "10-formats/oci-gzip.tar",
    "10-formats/oci-zstd.tar",
    "12-tags-dangling-identical/image.tar",
]
archives = st.sampled_from(ARCHIVES)


class Library(RuleBasedStateMachine):
    """One library, and what it should hold."""

    running = Bundle("running")

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.young: set[str] = set()
        """Files that no row names, and that came less than an hour ago."""
        self.under_way: dict[int, tuple[Staging, ExitStack]] = {}
        self.count = 0
        self.directory = Path(tempfile.mkdtemp(dir=BASE[0]))
        (self.directory / "tmp").mkdir()
        django_settings.DATA_DIR = self.directory
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())

    def teardown(self) -> None:
        try:
            self.end()
        finally:
            transaction.set_rollback(True)
            self.stack.close()
            shutil.rmtree(self.directory)

    def end(self) -> None:
        """Whatever is under way is given up; then nothing is there but what is needed, all of it right."""
        for staging, files in self.under_way.values():
            files.close()
            discard_staging(staging)
        collect_garbage(grace=timedelta(0))
        assert set(stored_digests()) == self.model.reachable
        assert list(check_library(deep=True)) == []

    @property
    def leased(self) -> set[str]:
        """What imports under way have published or claimed."""
        return set().union(*(staging.digests for staging, _files in self.under_way.values()))

    def number(self) -> int:
        self.count += 1
        return self.count

    @initialize(archive=archives)
    def begin(self, archive):
        """Not from nothing: there is an image, and a container with two steps."""
        self.load(archive)
        self.model.containers["first"] = ContainerModel(min(self.model.images))
        create_container(image=Image.objects.get(image_id=min(self.model.images)), name="first")
        for _ in range(2):
            self.edit("first", find_container("first"))

    # --- images -----------------------------------------------------------------------

    @rule(archive=archives)
    def load(self, archive):
        import_archive(GOLDEN / archive)
        self.model.take(parsed(archive))

    @rule(archive=archives, target=running)
    def start_import(self, archive):
        """An import that has published its blobs, and not shown them yet."""
        staging, files = Staging(), ExitStack()
        limits = django_settings.LIMITS
        opened = open_archive(GOLDEN / archive, staging, limits, lambda done, total: None, files)
        staged = Stager(staging, limits, lambda progress: None).stage(
            opened, read_contents(opened.source, limits)
        )
        commit_import.publish(staging, staged)
        number = self.number()
        self.under_way[number] = staging, files
        return number, staged, archive

    @rule(started=consumes(running))
    def finish_import(self, started):
        number, staged, archive = started
        staging, files = self.under_way.pop(number)
        with files:
            try:
                commit_import.show(staging, staged, django_settings.LIMITS)
            except (commit_import.Overtaken, IntegrityError):
                discard_staging(staging)
            else:
                staging.close()
                self.model.take(parsed(archive))

    @rule(started=consumes(running))
    def kill_import(self, started):
        staging, files = self.under_way.pop(started[0])
        os.close(staging._lock)
        files.close()

    @precondition(lambda self: self.model.images)
    @rule(data=st.data())
    def tag(self, data):
        image = data.draw(st.sampled_from(list(self.model.images)))
        name = data.draw(st.sampled_from(["a:1", "a:2", "b:1"]))
        tag_image(image=Image.objects.get(image_id=image), reference=Reference.parse(name))
        self.model.names[f"docker.io/library/{name}"] = image

    @precondition(lambda self: self.model.names)
    @rule(data=st.data())
    def untag(self, data):
        name = data.draw(st.sampled_from(list(self.model.names)))
        repository, _, tag = name.rpartition(":")
        image = self.model.names[name]
        row = Name.objects.get(repository=repository, tag=tag)
        is_last = list(self.model.names.values()).count(image) == 1
        if is_last and self.model.is_used(image):
            with pytest.raises(ImageInUse):
                delete_reference(reference=row)
            return
        delete_reference(reference=row)
        self.model.untag(name)

    @precondition(lambda self: self.model.images)
    @rule(data=st.data())
    def delete(self, data):
        image = data.draw(st.sampled_from(list(self.model.images)))
        if self.model.is_used(image):
            with pytest.raises(ImageInUse):
                delete_image(image=Image.objects.get(image_id=image))
            return
        delete_image(image=Image.objects.get(image_id=image))
        self.model.remove(image)

    @precondition(lambda self: any(not self.model.is_used(image) for image in self.model.images))
    @rule(data=st.data())
    def delete_and_be_killed(self, data):
        """The image is gone for all who look; its rows and files are not."""
        free = [image for image in self.model.images if not self.model.is_used(image)]
        image = data.draw(st.sampled_from(free))
        staging = Staging()
        with transaction.atomic():
            withdraw(Image.objects.get(image_id=image))
            sweep.hand_over(staging, sweep.Wanted())
        os.close(staging._lock)
        self.model.remove(image)

    # --- containers -------------------------------------------------------------------

    @precondition(lambda self: self.model.images)
    @rule(data=st.data())
    def create(self, data):
        image = data.draw(st.sampled_from(list(self.model.images)))
        name = f"container-{self.number()}"
        create_container(image=Image.objects.get(image_id=image), name=name)
        self.model.containers[name] = ContainerModel(image)

    @precondition(lambda self: self.model.containers)
    @rule(data=st.data())
    def write(self, data):
        self.edit(*self.drawn(data))

    def edit(self, name: str, container: Container) -> None:
        content = b"content %d" % self.number()
        write_file(container=container, path=b"file", data=content)
        model = self.model.containers[name]
        model.steps.append(digest_of(content))
        model.undone.clear()

    @precondition(lambda self: any(container.steps for container in self.model.containers.values()))
    @rule(data=st.data())
    def take_back(self, data):
        edited = [name for name, container in self.model.containers.items() if container.steps]
        name = data.draw(st.sampled_from(edited))
        undo(container=find_container(name))
        model = self.model.containers[name]
        model.undone.append(model.steps.pop())

    @precondition(lambda self: any(container.undone for container in self.model.containers.values()))
    @rule(data=st.data())
    def make_again(self, data):
        undone = [name for name, container in self.model.containers.items() if container.undone]
        name = data.draw(st.sampled_from(undone))
        redo(container=find_container(name))
        model = self.model.containers[name]
        model.steps.append(model.undone.pop())

    @precondition(lambda self: self.model.containers)
    @rule(data=st.data(), move=st.booleans())
    def commit(self, data, move):
        name, container = self.drawn(data)
        image = commit_container(container=container, message=f"commit {self.number()}", move_container=move)
        forms = image.image_layers.values_list("stored__blob__digest", flat=True)
        manifests = image.manifests.values_list("blob__digest", flat=True)
        blobs = {image.image_id, *forms, *manifests}
        assert blobs > self.model.images[self.model.containers[name].image] - self.documents(name)
        self.model.images[image.image_id] = blobs
        if move:
            self.model.containers[name] = ContainerModel(image.image_id)

    def documents(self, name: str) -> set[str]:
        """The config and manifests of the image that a container stands on: a commit has its own."""
        image = Image.objects.get(image_id=self.model.containers[name].image)
        newest = image.manifests.order_by("-pk").first()
        named = set(newest.blobs.values_list("digest", flat=True)) if newest else set()
        kept = named or set(image.image_layers.values_list("stored__blob__digest", flat=True))
        return self.model.images[image.image_id] - (kept - {image.image_id})

    @precondition(lambda self: self.model.containers)
    @rule(data=st.data())
    def reset(self, data):
        name, container = self.drawn(data)
        reset_container(container=container)
        self.model.containers[name] = ContainerModel(self.model.containers[name].image)

    @precondition(lambda self: self.model.containers)
    @rule(data=st.data())
    def remove(self, data):
        name, container = self.drawn(data)
        remove_container(container=container)
        del self.model.containers[name]

    def drawn(self, data) -> tuple[str, Container]:
        name = data.draw(st.sampled_from(list(self.model.containers)))
        return name, find_container(name)

    # --- garbage ----------------------------------------------------------------------

    @rule()
    def drop_a_stray(self):
        content = b"stray %d" % self.number()
        path = blob_path(digest_of(content))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        self.young.add(digest_of(content))

    @rule()
    def let_hours_pass(self):
        for digest in stored_digests():
            path = blob_path(digest)
            at = path.stat().st_mtime - 7200
            os.utime(path, (at, at))
        Blob.objects.update(created_at=F("created_at") - timedelta(hours=2))
        self.young.clear()

    @rule()
    def collect(self):
        would = collect_garbage(grace=HOUR, dry_run=True)
        done = collect_garbage(grace=HOUR)
        assert set(would.digests) <= set(done.digests)
        assert self.young <= set(stored_digests())

    @rule()
    def collect_after_hours(self):
        self.let_hours_pass()
        collect_garbage(grace=HOUR)
        assert self.model.reachable <= set(stored_digests()) <= self.model.reachable | self.leased

    @invariant()
    def nothing_that_is_needed_is_gone(self):
        """Asked after each operation, so that it counts them."""
        DONE.append(self.count)
        files = set(stored_digests())
        assert self.model.reachable <= files
        assert self.leased <= files
        assert self.model.reachable <= set(Blob.objects.values_list("digest", flat=True))
        assert set(self.model.images) == set(Image.objects.values_list("image_id", flat=True))


BASE: list[Path] = []
DONE: list[int] = []
"""One for each operation."""


@pytest.mark.slow
@pytest.mark.django_db
def test_nothing_needed_goes_and_nothing_else_stays(tmp_path, settings):
    """``Library`` asserts: after each operation, and once more at the end of each run."""
    BASE[:] = [tmp_path]
    DONE.clear()

    run_state_machine_as_test(Library, settings=SETTINGS)

    print(f"{len(DONE)} operations in {EXAMPLES} libraries")  # shown with -s
    assert len(DONE) >= EXAMPLES, "nothing was done, so nothing is shown"


SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
