"""The Dockerfile that an image may have been built from, with what the library knows beside its history."""

from collections.abc import Sequence
from typing import Final

from django.conf import settings

from layers.models import Chain, Image
from layers.oci.changeset.entry import Kind
from layers.oci.changeset.paths import join
from layers.oci.config import ImageConfig
from layers.oci.dockerfile.sources import MOST_NAMES, LayerFacts
from layers.oci.rebuilt import Base, RebuiltDockerfile, rebuild
from layers.queries.history import ancestors, told
from layers.queries.images import names_of_images
from layers.queries.layer_rows import layer_entries
from layers.storage import open_blob

MOST_ENTRIES: Final = 20_000
"""Of a layer that is looked at; a larger one tells nothing of what was copied."""


def rebuilt_dockerfile(image: Image) -> RebuiltDockerfile:
    """The Dockerfile, from the base that the library has under a name, or from nothing."""
    chains = list(Chain.objects.filter(image_layers__image=image).select_related("layer").order_by("depth"))
    return rebuild(parsed_config(image.image_id), base_of(image), lambda position: facts_of(chains, position))


def parsed_config(image_id: str) -> ImageConfig:
    with open_blob(image_id) as blob:
        return ImageConfig.parse(blob.read(), image_id, settings.LIMITS)


def base_of(image: Image) -> Base | None:
    """The longest beginning of the image that is an image with a name."""
    rows = [told(row) for row in image.history_rows.order_by("index")]
    found = sorted(ancestors(image, rows), key=lambda pair: -pair[1]) if rows else []
    names = names_of_images()
    keys = dict(Image.objects.filter(image_id__in=[key for key, _ in found]).values_list("image_id", "pk"))
    for image_id, length in found:
        if named := names.get(keys[image_id]):
            repository, tag = named[0]
            return Base(f"{repository}:{tag}", length, parsed_config(image_id).runtime)
    return None


def facts_of(chains: Sequence[Chain], position: int) -> LayerFacts:
    """What the layer at a position tells of what was copied into it."""
    if position >= len(chains) or chains[position].layer.entry_count > MOST_ENTRIES:
        return LayerFacts()
    files: list[bytes] = []
    owners: set[tuple[int, int]] = set()
    count = 0
    for directory, row in layer_entries(chains[position]):
        if row.kind in (Kind.DIRECTORY, Kind.WHITEOUT):
            continue
        count += 1
        owners.add((row.uid, row.gid))
        if count <= MOST_NAMES:
            files.append(join(directory, row.name))
    return LayerFacts(files if count <= MOST_NAMES else (), count, owners.pop() if len(owners) == 1 else None)
