"""Make what images say of themselves searchable: environment, labels, commands and the like."""

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from layers.models import ConfigText, Image
from layers.oci.config import ImageConfig, pairs, texts
from layers.oci.errors import OCIError
from layers.operations.commit_import import storable
from layers.storage import open_blob

logger = logging.getLogger(__name__)

LINES: Final = {
    "ENV": "Env",
    "WORKDIR": "WorkingDir",
    "USER": "User",
    "STOPSIGNAL": "StopSignal",
    "ONBUILD": "OnBuild",
}
NAMED: Final = {"LABEL": "Labels"}
NAMES: Final = {"EXPOSE": "ExposedPorts", "VOLUME": "Volumes"}
COMMANDS: Final = {"ENTRYPOINT": "Entrypoint", "CMD": "Cmd", "SHELL": "Shell", "HEALTHCHECK": "Healthcheck"}


def index_configs() -> int:
    """Index the configs that are not indexed yet; how many there were."""
    return sum(map(_index, list(unindexed_images().values_list("pk", flat=True))))


def unindexed_images() -> QuerySet[Image]:
    """The images whose configs are not searchable yet."""
    return Image.objects.filter(config_texts=None).order_by("-pk")


def _index(key: int) -> bool:
    image = Image.objects.select_related("config").filter(pk=key, config_texts=None).first()
    if image is None:
        return False
    rows = [ConfigText(image=image, field=field, text=storable(text)) for field, text in told(image)]
    try:
        with transaction.atomic():
            ConfigText.objects.bulk_create(rows)
    except IntegrityError:
        return False  # The image was deleted meanwhile.
    return True


def told(image: Image) -> Iterator[tuple[str, str]]:
    """Field and text of each line; of a config that is gone or damaged, only what the library knows of it."""
    yield "PLATFORM", "/".join(part for part in (image.os, image.architecture, image.variant) if part)
    try:
        with open_blob(image.config.digest) as file:
            config = ImageConfig.parse(file.read(), image.image_id, settings.LIMITS)
    except (OSError, OCIError):
        logger.exception("The config of image %s is not indexed", image.image_id)
        return
    yield from lines(config.runtime)
    if config.author:
        yield "AUTHOR", config.author


def lines(runtime: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """The lines of the ``config`` object, read kindly: a stranger wrote it."""
    for word, field in LINES.items():
        yield from ((word, text) for text in texts(runtime.get(field)) if text)
    for word, field in NAMED.items():
        yield from ((word, f"{name}={text}") for name, text in pairs(runtime.get(field)))
    for word, field in NAMES.items():
        yield from ((word, name) for name, _ in pairs(runtime.get(field)))
    for word, field in COMMANDS.items():
        if value := runtime.get(field):
            yield word, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
