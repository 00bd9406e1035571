"""The documents of a commit: an image's config and manifest with one step more.

The config is the one that docker 20.10 writes, to the byte (tests/golden, 01
and 14); what docker leaves out is told in ``LOST``.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from layers.oci.changes import Runtime
from layers.oci.config import ImageConfig, texts
from layers.oci.descriptor import Descriptor
from layers.oci.digest import Digest
from layers.oci.dockerfile.health import HEALTH_FIELDS
from layers.oci.gojson import go_json
from layers.oci.manifest import Manifest
from layers.oci.mediatype import DOCKER_LAYER, DOCKER_MANIFEST, OCI_CONFIG, OCI_LAYER, OCI_MANIFEST

LOST: Final = ("OnBuild", "Shell", "StopTimeout")
"""Fields of an image's config that a container made of it does not take over, so a commit loses them."""
PLATFORM: Final = ("architecture", "os", "os.features", "os.version", "variant")
OWN: Final = ("config", "layers", "subject")
"""Fields of a manifest that a new image has its own of, or that say something of the old one only."""


def container_runtime(base: ImageConfig, container_id: str, image: str) -> Runtime:
    """The config of a container of ``base`` that was started with nothing said, fields in Go's order.

    ``image`` is what the container was made of, as it was called; with
    ``container_id`` empty it has no host name.
    """
    old = base.runtime
    ports = _sorted(old.get("ExposedPorts"))
    health = _health(old.get("Healthcheck"))
    return {
        "Hostname": container_id[:12],
        "Domainname": "",
        "User": old.get("User") or "",
        "AttachStdin": False,
        "AttachStdout": False,
        "AttachStderr": False,
        **({"ExposedPorts": ports} if ports else {}),
        "Tty": False,
        "OpenStdin": False,
        "StdinOnce": False,
        "Env": old.get("Env"),
        "Cmd": old.get("Cmd"),
        **({"Healthcheck": health} if health else {}),
        **({"ArgsEscaped": True} if old.get("ArgsEscaped") is True else {}),
        "Image": image,
        "Volumes": _sorted(old.get("Volumes")),
        "WorkingDir": old.get("WorkingDir") or "",
        "Entrypoint": old.get("Entrypoint"),
        "OnBuild": None,
        "Labels": _sorted(old.get("Labels")) or {},
        **({"StopSignal": old["StopSignal"]} if old.get("StopSignal") else {}),
    }


ORDER: Final = (
    *("Hostname", "Domainname", "User", "AttachStdin", "AttachStdout", "AttachStderr", "ExposedPorts", "Tty"),
    *("OpenStdin", "StdinOnce", "Env", "Cmd", "Healthcheck", "ArgsEscaped", "Image", "Volumes", "WorkingDir"),
    *("Entrypoint", "OnBuild", "Labels", "StopSignal", "StopTimeout", "Shell"),
)
"""The fields as Go's struct has them."""


def command_of(runtime: Mapping[str, object]) -> str:
    """What a history row calls the container's command."""
    return " ".join(texts(runtime.get("Cmd")))


def history_row(
    *, created: str, created_by: str, author: str, comment: str, is_empty: bool
) -> dict[str, object]:
    """The row of a step, fields in docker's order; what is empty is left out."""
    row = {"created": created, "author": author, "created_by": created_by, "comment": comment}
    return {name: text for name, text in row.items() if text} | ({"empty_layer": True} if is_empty else {})


def new_config(
    base: ImageConfig,
    *,
    diff_id: Digest | None,
    created: str,
    author: str,
    comment: str,
    runtime: Mapping[str, object],
    started: Mapping[str, object],
    container_id: str,
    docker_version: str = "",
) -> bytes:
    """The config of the image that a commit makes of ``base``.

    ``diff_id`` names the new layer, ``None`` where nothing changed. ``runtime``
    is the new config object, ``started`` the container's own before any
    ``--change``; with ``container_id`` empty the image does not tell of a container.
    """
    row = history_row(
        created=created,
        created_by=command_of(started),
        author=author,
        comment=comment,
        is_empty=diff_id is None,
    )
    history = base.document.get("history")
    diff_ids = [*base.diff_ids, *([diff_id] if diff_id else [])]
    document: dict[str, object] = {
        **{name: base.document[name] for name in PLATFORM if base.document.get(name)},
        "config": in_order(runtime),
        "created": created,
        "history": [*(history if isinstance(history, list) else []), row],
        "rootfs": {"type": "layers", **({"diff_ids": diff_ids} if diff_ids else {})},
    }
    document.setdefault("os", "linux")
    if author:
        document["author"] = author
    if docker_version:
        document["docker_version"] = docker_version
    if container_id:
        document |= {"container": container_id, "container_config": in_order(started)}
    return go_json({name: document[name] for name in sorted(document)})


def new_manifest(base: Manifest | None, config: bytes, layers: Sequence[Descriptor]) -> bytes:
    """The manifest of ``config`` and ``layers``, bottom first.

    It is of the base's kind, OCI or Docker, and keeps what else the base's
    says: annotations and fields that are not known here.
    """
    kept = json.loads(base.raw) if base else {"schemaVersion": 2, "mediaType": OCI_MANIFEST}
    described = {
        "mediaType": base.config.media_type or OCI_CONFIG if base else OCI_CONFIG,
        "digest": Digest.of(config),
        "size": len(config),
    }
    head = {name: kept[name] for name in ("schemaVersion", "mediaType") if name in kept}
    tail = {name: value for name, value in kept.items() if name not in (*head, *OWN)}
    return go_json(head | {"config": described, "layers": list(map(_described, layers))} | tail)


def layer_type_beside(base: Manifest | None) -> str:
    """The media type of a plain layer in a manifest of the base's kind."""
    return DOCKER_LAYER if base is not None and base.media_type == DOCKER_MANIFEST else OCI_LAYER


def _described(layer: Descriptor) -> dict[str, object]:
    document: dict[str, object] = {
        "mediaType": layer.media_type,
        "digest": layer.digest,
        "size": layer.size,
    }
    if layer.urls:
        document["urls"] = list(layer.urls)
    if layer.annotations:
        document["annotations"] = dict(layer.annotations)
    return document


def in_order(runtime: Mapping[str, object]) -> dict[str, object]:
    """A config object with its fields as Go writes them; fields that Go does not know come last."""
    names = [name for name in ORDER if name in runtime]
    return {name: runtime[name] for name in (*names, *(name for name in runtime if name not in ORDER))}


def go_time(moment: datetime, nanoseconds: int = 0) -> str:
    """``moment`` as Go's RFC3339Nano; ``nanoseconds`` are those past its microsecond.

    >>> go_time(datetime(2026, 1, 2, 3, 4, 5, 120000, tzinfo=UTC))
    '2026-01-02T03:04:05.12Z'
    """
    fraction = f".{moment.microsecond:06}{nanoseconds:03}".rstrip("0").rstrip(".")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def _sorted(value: object) -> object:
    """An object with its names in order, as Go writes a map; anything else as it is."""
    return {name: value[name] for name in sorted(value)} if isinstance(value, dict) else value


def _health(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {name: value[name] for name in HEALTH_FIELDS if value.get(name)}
