"""Layers as an archive claims them, beside what their first bytes show."""

from layers.oci.archive.parts import LayerPart, Note, Part
from layers.oci.changeset.compression import SNIFF_SIZE, sniff
from layers.oci.digest import Digest
from layers.oci.errors import shown
from layers.oci.mediatype import layer_compression, layer_type


def layer_part(
    part: Part, media_type: str, digest: Digest | None, diff_id: Digest | None, where: str, notes: list[Note]
) -> LayerPart:
    """The layer; a media type that is missing is made up, one that its bytes contradict is noted."""
    found = sniff(part.head(SNIFF_SIZE))
    if not media_type:
        return LayerPart(part, layer_type(found), digest, diff_id)
    promised = layer_compression(media_type)
    if promised is None:
        notes.append(
            Note(where, "", f"the media type {shown(media_type)} is not known: the bytes are {found}")
        )
    elif promised != found and part.size:
        notes.append(Note(where, "", f"the media type says {promised}, the bytes are {found}"))
    return LayerPart(part, media_type, digest, diff_id)
