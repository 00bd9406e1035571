"""Let a container that moves to the image of its commit keep what the layer did not get."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from layers.models import Container, Image
from layers.oci.unionfs.mergedview import MergedView, UpperEntry
from layers.operations.editing import remember, save_rows
from layers.queries.uppers import lower_of


def keep_left_out(*, container: Container, image: Image, entries: Sequence[UpperEntry]) -> None:
    """Make ``entries`` the upper of a container, whose row is held and which has none, over ``image``.

    It is one step, so that undo gives the image as it is.
    """
    below = MergedView(lower_of(image), {}, settings.LIMITS)
    rows = [(None, _over(below, entry)) for entry in entries]
    if rows:
        save_rows(container, rows)
        remember(container, _("left out of the layer"), rows)


def _over(below: MergedView, entry: UpperEntry) -> UpperEntry:
    there = below.image_at(entry.path)
    return entry._replace(lower=None if there is None else there.number)
