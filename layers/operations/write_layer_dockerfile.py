"""The Dockerfile of a layer: what an image's layer holds, as a build upon the layers below it."""

from django.conf import settings
from django.utils.translation import gettext as _

from layers.models import Chain, Image
from layers.oci.commit import container_runtime
from layers.oci.config import ImageConfig
from layers.oci.dockerfile.spell import lines_between
from layers.oci.errors import InvalidChange
from layers.oci.recipe import recipe_of
from layers.oci.unionfs.mergedview import MergedView
from layers.oci.unionfs.uppermembers import upper_members
from layers.operations.write_dockerfile import (
    DockerfileBuild,
    base_name,
    note_on_name,
    notes_on,
    user_of,
)
from layers.queries.commit_plan import config_of
from layers.queries.history import history
from layers.queries.layer_upper import layer_upper
from layers.queries.positions import NoSuchLayer
from layers.queries.uppers import lower_of

UNKNOWN_BASE = "base-image"


def write_layer_dockerfile(*, image: Image, position: int) -> DockerfileBuild:
    """The Dockerfile that makes a layer again of the image below it; at the top, the config too.

    Raises:
        NoSuchLayer: the image has none at that position.
        ContentMissing, DigestMismatch
    """
    layers = image.image_layers.select_related("chain")
    row = layers.filter(position=position).first()
    if row is None:
        raise NoSuchLayer(_("The image has no layer %(position)d.") % {"position": position})
    view = MergedView(lower_of(image, position), layer_upper(row.chain), settings.LIMITS)
    pairs = upper_members(view)
    recipe = recipe_of(view, [member for member, _entry in pairs])
    own, base = config_of(image), base_of(image, row.chain)
    below = config_of(base) if base else own
    is_top = position == layers.count() - 1
    lines, notes = config_lines(below, own) if base and is_top else ([], [])
    name = base_name(base) if base else UNKNOWN_BASE
    notes += note_on_name(base, name) if base else [note_on_base()]
    text = recipe.dockerfile(
        name,
        user=user_of(below),
        remarks=remarks_on(image, position),
        lines=lines,
    )
    sources = {member.path: entry for member, entry in pairs}
    return DockerfileBuild(text, (*notes, *notes_on(below, view, recipe)), image, recipe, sources)


def base_of(image: Image, chain: Chain) -> Image | None:
    """The image that ends below a layer: what it was committed on, else one with a name, else any."""
    found = Image.objects.visible().filter(chain=chain.parent_id).exclude(pk=image.pk)
    commit = image.commits.filter(base__in=found).first()
    return (
        (commit.base if commit else None)
        or found.exclude(references=None).order_by("pk").first()
        or found.order_by("pk").first()
    )


def config_lines(below: ImageConfig, own: ImageConfig) -> tuple[list[str], list[str]]:
    """The lines that make one config of the other, and what to know of them."""
    try:
        return lines_between(container_runtime(below, "", ""), own.runtime), []
    except InvalidChange as error:
        return [], [str(error)]


def note_on_base() -> str:
    return _("The image below this layer is not here: put its name into the line FROM.")


def remarks_on(image: Image, position: int) -> list[str]:
    """Who made the layer, and why, as the history has it."""
    said = [_("What layer %(position)d holds.") % {"position": position}]
    for step in history(image):
        if step.position == position:
            said += filter(None, (step.comment, step.author))
    return said
