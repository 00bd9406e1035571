"""The Dockerfile of a commit: what a container changed, as a build that anybody can read and repeat."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from layers.models import Container, Image
from layers.oci.changeset.chunks import gathered
from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.writer import write_changeset, written_size
from layers.oci.config import ImageConfig, texts
from layers.oci.recipe import DOCKERFILE, REST, Recipe, in_context, parent_directories, recipe_of
from layers.oci.unionfs.mergedview import MergedView, UpperEntry
from layers.queries.commit_plan import CommitOptions, CommitPlan, plan_commit
from layers.queries.images import names_of
from layers.queries.upper_content import UpperContents
from layers.queries.uppers import lower_of


@dataclass(frozen=True, slots=True)
class DockerfileBuild:
    """A Dockerfile, and the context to build it in."""

    dockerfile: str
    notes: tuple[str, ...]
    """What the build will not do, or needs."""
    _image: Image
    _recipe: Recipe
    _sources: Mapping[bytes, UpperEntry]

    def context(self) -> Iterator[bytes]:
        """The context as a tar, in chunks: for ``docker build -``. The same edits give the same bytes.

        Raises:
            ContentMissing, DigestMismatch: a file cannot be read any more; the tar breaks off.
        """
        text, recipe = self.dockerfile.encode(), self._recipe
        contents = UpperContents(self._image, self._sources.values())
        copied = {in_context(member): member for member in recipe.plain}
        members = [_file(DOCKERFILE, len(text)), *copied, *parent_directories(list(copied))]
        if recipe.rest:
            members.append(_file(REST, written_size(recipe.rest)))
        paths = {member.path: original.path for member, original in copied.items()}

        def read(member: Member) -> Iterable[bytes]:
            if member.path == DOCKERFILE:
                return (text,)
            if member.path == REST:
                return write_changeset(recipe.rest, lambda inner: contents.chunks(self._sources[inner.path]))
            return contents.chunks(self._sources[paths[member.path]])

        return gathered(write_changeset(members, read))


def write_dockerfile(
    *,
    container: Container,
    author: str = "",
    message: str = "",
    changes: Sequence[str] = (),
    leave_out: Collection[bytes] = (),
) -> DockerfileBuild:
    """The Dockerfile that makes of the container's image what a commit with these options would.

    Raises:
        ContainerNotFound, InvalidChange, ContentMissing
    """
    return dockerfile_of(plan_commit(container, CommitOptions(author, message, changes, leave_out)))


def dockerfile_of(plan: CommitPlan) -> DockerfileBuild:
    """The Dockerfile of a commit that is planned. Raises ``ContentMissing``."""
    image, options = plan.container.image, plan.options
    sources = {member.path: entry for member, entry in plan.members}
    view = MergedView(lower_of(image), {entry.path: entry for entry in sources.values()}, settings.LIMITS)
    recipe = recipe_of(view, [member for member, _entry in plan.members])
    name = base_name(image)
    text = recipe.dockerfile(
        name,
        user=user_of(plan.base),
        remarks=[
            _("What was changed in the container %(name)s.") % {"name": plan.container.name},
            *filter(None, (options.message, options.author)),
        ],
        lines=[*plan.container.config_changes, *options.changes],
    )
    notes = [*note_on_name(image, name), *notes_on(plan.base, view, recipe)]
    return DockerfileBuild(text, tuple(notes), image, recipe, sources)


def user_of(base: ImageConfig) -> str:
    """Whom the base runs as."""
    return "".join(texts(base.runtime.get("User")))


def base_name(image: Image) -> str:
    """What ``FROM`` is to say: a name, or the ID, which only an engine that has the image knows."""
    for repository, tag in names_of(image):
        return f"{repository}:{tag}"
    return image.image_id


def note_on_name(image: Image, name: str) -> list[str]:
    """What to know of an image that has no name."""
    text = _("The image has no name: only an engine that has loaded it can build this.")
    return [text] if name == image.image_id else []


def notes_on(base: ImageConfig, view: MergedView, recipe: Recipe) -> list[str]:
    """What a person should know before building."""
    notes = []
    if recipe.removed and not any(found(view, path) for path in (b"bin/rm", b"usr/bin/rm")):
        notes.append(_("The image has no rm: a build cannot delete anything in it."))
    if base.runtime.get("OnBuild"):
        notes.append(_("The image has ONBUILD triggers, which a build carries out and a commit does not."))
    if base.runtime.get("Volumes") and recipe.removed:
        notes.append(_("What a build deletes below a declared VOLUME is there again in the next step."))
    return notes


def found(view: MergedView, path: bytes) -> bool:
    """Whether the image has something there, symlinks on the way followed."""
    entry = view.image_at(view.real(path))
    return entry is not None


def _file(path: bytes, size: int) -> Member:
    return Member(path, Kind.FILE, 0o644, 0, 0, size, 0, 0, None, None, None)
