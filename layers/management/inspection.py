"""What ``docker image inspect`` says of an image."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

from django.conf import settings

from layers.management.human import NO_DATE
from layers.models import Image
from layers.oci.config import ImageConfig
from layers.oci.reference import Reference
from layers.queries.history import MISSING, history
from layers.queries.images import repository_digests
from layers.queries.packages import operating_system
from layers.storage import open_blob

NEVER: Final = f"{NO_DATE:%Y-%m-%dT%H:%M:%SZ}".rjust(20, "0")

ALWAYS: Final[Mapping[str, object]] = {
    "Hostname": "",
    "Domainname": "",
    "User": "",
    "AttachStdin": False,
    "AttachStdout": False,
    "AttachStderr": False,
    "ExposedPorts": ...,
    "Tty": False,
    "OpenStdin": False,
    "StdinOnce": False,
    "Env": None,
    "Cmd": None,
    "Healthcheck": ...,
    "ArgsEscaped": ...,
    "Image": "",
    "Volumes": None,
    "WorkingDir": "",
    "Entrypoint": None,
    "NetworkDisabled": ...,
    "MacAddress": ...,
    "OnBuild": None,
    "Labels": None,
    "StopSignal": ...,
    "StopTimeout": ...,
    "Shell": ...,
}
"""The fields of a config in docker's order, with what it prints where one is missing: nothing for ``...``."""


def inspection(image: Image) -> dict[str, Any]:
    """The object that docker prints, its keys in docker's order; last the system that its files tell of."""
    with open_blob(image.image_id) as blob:
        config = ImageConfig.parse(blob.read(), image.image_id, settings.LIMITS)
    said = {
        "Id": image.image_id,
        "RepoTags": [name.familiar for name in names(image)],
        "RepoDigests": repository_digests(image),
        "Parent": parent_of(image),
        "Comment": comment_of(config),
        "Created": config.created or NEVER,
        "Container": text(config, "container"),
        "DockerVersion": text(config, "docker_version"),
        "Author": config.author,
        "Config": runtime_of(config),
        "Architecture": config.architecture,
        "Variant": config.variant,
        "Os": config.os or "linux",
        "OsVersion": text(config, "os.version"),
        "Size": image.size,
        "VirtualSize": image.size,
        "RootFS": {"Type": "layers", "Layers": list(config.diff_ids)},
        "Metadata": {"LastTagTime": last_tag_time(image)},
    }
    said = {key: value for key, value in said.items() if value or key not in ("Variant", "OsVersion")}
    system = operating_system(image)
    return said | ({"OsRelease": asdict(system)} if system else {})


def names(image: Image) -> list[Reference]:
    """In docker's order: by the name in full."""
    rows = image.references.order_by("repository", "tag").values_list("repository", "tag")
    return [Reference.parse(f"{repository}:{tag}") for repository, tag in rows]


def parent_of(image: Image) -> str:
    """The image it came of, where the library has it."""
    steps = history(image)[1:2]
    return steps[0].id if steps and steps[0].id != MISSING else ""


def comment_of(config: ImageConfig) -> str:
    """The comment of the image, else of its last step."""
    last = config.history[-1].comment if config.history else ""
    return text(config, "comment") or last


def text(config: ImageConfig, name: str) -> str:
    value = config.document.get(name) or ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def runtime_of(config: ImageConfig) -> dict[str, object] | None:
    """What a container is started with; None where the config has no such part."""
    if not isinstance(config.document.get("config"), dict):
        return None
    found = {}
    for name, missing in ALWAYS.items():
        value = config.runtime.get(name)
        if value or missing is not ...:
            found[name] = missing if value is None else value
    return found


def last_tag_time(image: Image) -> str:
    """When a name was last put on it."""
    newest = image.references.order_by("-updated_at").values_list("updated_at", flat=True).first()
    return f"{newest:%Y-%m-%dT%H:%M:%S.%fZ}" if newest else NEVER
