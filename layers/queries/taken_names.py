"""What a name for an image means before it is given: its full form, and whom it is taken from."""

from dataclasses import dataclass

from django.db.models import Q

from layers import models
from layers.models import Image
from layers.oci.errors import InvalidReference
from layers.oci.reference import Reference


@dataclass(frozen=True, slots=True)
class CheckedName:
    """A name that somebody wants to give."""

    reference: Reference | None = None
    """None for no name, and for what is none."""
    error: str = ""
    """The rule that it breaks."""
    holder: Image | None = None
    """The image that has the name now."""
    holder_keeps_names: bool = False
    """Whether that one is left with another name."""
    is_on_index: bool = False
    """Whether the name stands on an index: all its platforms lose it."""


def check_name(text: str) -> CheckedName:
    """A name held against docker's grammar and against the library."""
    if not text.strip():
        return CheckedName()
    try:
        reference = Reference.parse_tag(text.strip())
    except InvalidReference as error:
        return CheckedName(error=str(error))
    rows = models.Reference.objects.visible().select_related("image")
    row = rows.filter(repository=reference.repository, tag=reference.tag or "").first()
    if row is None:
        return CheckedName(reference)
    others = models.Reference.objects.visible().filter(
        Q(image=row.image_id) | Q(index__entries__manifest__image=row.image_id)
    )
    return CheckedName(
        reference,
        holder=row.image,
        holder_keeps_names=others.exclude(pk=row.pk).exists(),
        is_on_index=row.index_id is not None,
    )
