"""Layers by number or by name."""

import re
from typing import Final

from django.utils.translation import gettext as _

from layers.models import Image
from layers.oci.errors import shown

DIFF_ID_PREFIX: Final = re.compile(r"(?:sha256:|sha512:)?[0-9a-f]{2,128}")
NUMBER: Final = re.compile(r"\d{1,4}", re.ASCII)


class NoSuchLayer(LookupError):
    """The image has no such layer, or several. The message says which it has."""


def position_of(image: Image, text: str | None) -> int:
    """The position, from 0 at the bottom, of a layer given by it, by diff_id or the unique beginning of one.

    None means the top. A diff_id that an image holds several times means the lowest.

    Raises:
        NoSuchLayer
    """
    diff_ids = list(image.image_layers.order_by("position").values_list("layer__diff_id", flat=True))
    if not diff_ids:
        raise NoSuchLayer(_("The image has no layers."))
    if text is None:
        return len(diff_ids) - 1
    if NUMBER.fullmatch(text) and int(text) < len(diff_ids):
        return int(text)
    start = text if ":" in text else f"sha256:{text}"
    found = [diff_id for diff_id in diff_ids if DIFF_ID_PREFIX.fullmatch(text) and diff_id.startswith(start)]
    if len(set(found)) != 1:
        raise NoSuchLayer(refusal(text, diff_ids, found))
    return diff_ids.index(found[0])


def refusal(text: str, diff_ids: list[str], found: list[str]) -> str:
    """Why ``text`` means no one layer."""
    if found:
        layers = ", ".join(dict.fromkeys(diff_id.partition(":")[2][:12] for diff_id in found))
        return _("%(text)s is the beginning of several layers: %(layers)s.") % {
            "text": shown(text),
            "layers": layers,
        }
    return _(
        "There is no layer %(text)s; the image has the layers 0 to %(top)d, which also go by diff_id."
    ) % {
        "text": shown(text),
        "top": len(diff_ids) - 1,
    }
