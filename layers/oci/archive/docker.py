"""What ``docker save`` writes: ``manifest.json``, a config and layers for each of its images."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from layers.oci.archive.layers import layer_part
from layers.oci.archive.parts import ImagePart, LayerPart, Note, Part
from layers.oci.archive.source import Source, clean_name
from layers.oci.config import ImageConfig
from layers.oci.digest import Digest
from layers.oci.errors import DigestMismatch, InvalidReference, LimitExceeded, MalformedArchive, shown
from layers.oci.limits import Limits
from layers.oci.reference import Reference
from layers.oci.strictjson import as_list, as_object, as_text, kind, loads

BLOB_PATH = re.compile(r"blobs/sha256/([a-f0-9]{64})")
CONFIG_NAME = re.compile(r"([a-f0-9]{64})\.json")


def read_docker(source: Source, limits: Limits, notes: list[Note]) -> list[ImagePart]:
    """The images that ``manifest.json`` lists, one an ID; what is odd is added to ``notes``.

    Raises:
        MalformedArchive, MalformedJSON, DigestMismatch, LimitExceeded: naming entry, member and rule.
    """
    part = source.find("manifest.json")
    if part is None:
        raise MalformedArchive("The archive has no manifest.json.")
    items = loads(part.read(limits, "manifest.json"), "manifest.json", limits)
    if not isinstance(items, list):
        raise MalformedArchive(f"manifest.json is {kind(items)}, not a list of images.")
    if not items:
        raise MalformedArchive("manifest.json lists no image.")
    if len(items) > limits.images:
        raise LimitExceeded("images", limits.images, len(items), "manifest.json")
    images: dict[Digest, ImagePart] = {}
    for at, item in enumerate(items):
        image = _Entry(source, limits, notes, f"manifest.json[{at}]").image(item)
        known = images.get(image.config_digest)
        images[image.config_digest] = image if known is None else with_names(known, image.references)
    return list(images.values())


def with_names(image: ImagePart, references: tuple[Reference, ...]) -> ImagePart:
    """The image with these names beside its own, each once."""
    return replace(image, references=tuple(dict.fromkeys(image.references + references)))


class _Entry:
    """One element of ``manifest.json``."""

    def __init__(self, source: Source, limits: Limits, notes: list[Note], where: str) -> None:
        self.source, self.limits, self.notes, self.where = source, limits, notes, where

    def image(self, item: object) -> ImagePart:
        members = as_object(item, self.where)
        place = f"{self.where}.Config"
        name = clean_name(as_text(members.get("Config"), place), place)
        raw = self._held(name, place).read(self.limits, place)
        config = ImageConfig.parse(raw, f"config {shown(name)}", self.limits)
        self._check_name(name, config)
        layers = tuple(self._layers(members, config))
        return ImagePart(
            raw, config.digest, None, None, "", layers, self._references(members), config.platform, self.where
        )

    def _check_name(self, name: str, config: ImageConfig) -> None:
        """A path in a blob store is a claim; ``<id>.json`` is only a name, which docker does not compare."""
        claimed = claimed_digest(name)
        if claimed is not None and not claimed.matches(config.raw):
            raise DigestMismatch(f"The config {shown(name)} hashes to {config.digest}, not to its name.")
        match = CONFIG_NAME.fullmatch(name)
        if match and match[1] != config.digest.hex:
            self.notes.append(Note(self.where, "", f"the config {shown(name)} hashes to {config.digest}"))

    def _layers(self, members: Mapping[str, object], config: ImageConfig) -> Iterator[LayerPart]:
        place = f"{self.where}.Layers"
        items = as_list(members.get("Layers"), place)
        if len(items) > self.limits.layers:
            raise LimitExceeded("layers", self.limits.layers, len(items), self.where)
        if len(items) != len(config.diff_ids):
            raise MalformedArchive(
                f"{place} lists {len(items)} layers, its config {len(config.diff_ids)} diff_ids."
            )
        types = _layer_types(members)
        for at, (item, diff_id) in enumerate(zip(items, config.diff_ids, strict=True)):
            here = f"{place}[{at}]"
            name = clean_name(as_text(item, here), here)
            part = self._held(name, here)
            yield layer_part(part, types.get(diff_id, ""), claimed_digest(name), diff_id, here, self.notes)

    def _held(self, name: str, where: str) -> Part:
        part = self.source.find(name)
        if part is None:
            raise MalformedArchive(f"{where} names {shown(name)}, which the archive does not hold.")
        return part

    def _references(self, members: Mapping[str, object]) -> tuple[Reference, ...]:
        place = f"{self.where}.RepoTags"
        items = as_list(members.get("RepoTags"), place)
        if len(items) > self.limits.tags:
            raise LimitExceeded("tags", self.limits.tags, len(items), self.where)
        names = (self._reference(item, place) for item in items)
        return tuple(dict.fromkeys(name for name in names if name is not None))

    def _reference(self, text: object, where: str) -> Reference | None:
        """A name with a tag, as docker's graph stores ask for; anything else is dropped with a note."""
        if not isinstance(text, str):
            self.notes.append(Note(where, "", f"the name is dropped: {kind(text)} stands there"))
            return None
        try:
            reference = Reference.parse_tag(text)
        except InvalidReference as refusal:
            self.notes.append(Note(where, "", f"the name is dropped: {refusal}"))
            return None
        if Reference.parse(text).tag is None:
            self.notes.append(Note(where, "", f"the name is dropped: {shown(text)} has no tag"))
            return None
        return reference


def claimed_digest(name: str) -> Digest | None:
    """What a member's place in a blob store says of its content.

    >>> claimed_digest("blobs/sha256/12") is claimed_digest("00/layer.tar") is None
    True
    """
    match = BLOB_PATH.fullmatch(name)
    return Digest(f"sha256:{match[1]}") if match else None


def _layer_types(members: Mapping[str, object]) -> dict[str, str]:
    """Media types by diff_id, from the ``LayerSources`` that docker writes since 25; odd ones are ignored."""
    sources = members.get("LayerSources")
    if not isinstance(sources, dict):
        return {}
    types = {key: value.get("mediaType") for key, value in sources.items() if isinstance(value, dict)}
    return {key: value for key, value in types.items() if isinstance(value, str)}
