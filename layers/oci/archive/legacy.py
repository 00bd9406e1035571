"""The layout before docker 1.10: a directory a layer, and no config, which docker then makes."""

import hashlib
import re
from collections.abc import Mapping

from layers.oci.archive.layers import layer_part
from layers.oci.archive.parts import ImagePart, LayerPart, Note
from layers.oci.archive.source import Source
from layers.oci.changeset.compression import SNIFF_SIZE, decompressed, sniff
from layers.oci.config import ImageConfig, texts
from layers.oci.digest import Digest
from layers.oci.errors import InvalidReference, LimitExceeded, MalformedArchive, shown
from layers.oci.gojson import go_json
from layers.oci.limits import Limits
from layers.oci.reference import Reference
from layers.oci.strictjson import as_object, as_text, loads

IDENTIFIER = re.compile(r"[a-f0-9]{64}")
NOT_OF_AN_IMAGE = ("id", "parent", "Size", "parent_id", "layer_id", "throwaway")


def read_legacy(source: Source, limits: Limits, notes: list[Note]) -> list[ImagePart]:
    """The images that ``repositories`` names, with the configs that docker 20.10 makes for them.

    Each layer is read once, to know its diff_id.

    Raises:
        MalformedArchive, MalformedJSON, MalformedLayer, LimitExceeded: naming member and rule.
    """
    reader = _Reader(source, limits, notes)
    names = reader.names()
    if not names:
        raise MalformedArchive("The file repositories names no image.")
    if len(names) > limits.images:
        raise LimitExceeded("images", limits.images, len(names), "repositories")
    return [reader.image(identifier, tuple(references)) for identifier, references in names.items()]


class _Reader:
    def __init__(self, source: Source, limits: Limits, notes: list[Note]) -> None:
        self.source, self.limits, self.notes = source, limits, notes
        self.layers: dict[str, LayerPart] = {}

    def names(self) -> dict[str, list[Reference]]:
        """The names of each image, by its v1 ID."""
        found: dict[str, list[Reference]] = {}
        for repository, tags in as_object(self._json("repositories"), "repositories").items():
            place = f"repositories[{shown(repository)}]"
            for tag, value in as_object(tags, place).items():
                references = found.setdefault(self._identifier(value, place), [])
                references += self._reference(f"{repository}:{tag}", place)
                if len(references) > self.limits.tags:
                    raise LimitExceeded("tags", self.limits.tags, len(references), "repositories")
        return found

    def image(self, identifier: str, references: tuple[Reference, ...]) -> ImagePart:
        chain = self._chain(identifier)
        layers = tuple(self._layer(name) for name, _ in chain)
        top = chain[-1][1]
        config = _config(top, [layer.diff_id for layer in layers], [_step(document) for _, document in chain])
        parsed = ImageConfig.parse(config, f"{identifier}/json", self.limits)
        self.notes.append(
            Note(f"{identifier}/json", "", "an archive of docker before 1.10: its config is made anew")
        )
        return ImagePart(
            config, parsed.digest, None, None, "", layers, references, parsed.platform, f"{identifier}/json"
        )

    def _chain(self, identifier: str) -> list[tuple[str, dict[str, object]]]:
        """The directories from the bottom up to ``identifier``, with what their ``json`` says."""
        chain: dict[str, dict[str, object]] = {}
        while identifier:
            if identifier in chain:
                raise MalformedArchive(f"{identifier}/json is its own ancestor.")
            place = f"{identifier}/json"
            chain[identifier] = as_object(self._json(place), place)
            if len(chain) > self.limits.layers:
                raise LimitExceeded("layers", self.limits.layers, "more", place)
            parent = chain[identifier].get("parent")
            identifier = self._identifier(parent, f"{place}.parent") if parent else ""
        return list(reversed(chain.items()))

    def _layer(self, identifier: str) -> LayerPart:
        if identifier not in self.layers:
            where = f"{identifier}/layer.tar"
            part = self.source.find(where)
            if part is None:
                raise MalformedArchive(f"The archive does not hold {where}.")
            digest = hashlib.sha256()
            for chunk in decompressed(part.chunks(), sniff(part.head(SNIFF_SIZE)), self.limits, where):
                digest.update(chunk)
            diff_id = Digest(f"sha256:{digest.hexdigest()}")
            self.layers[identifier] = layer_part(part, "", None, diff_id, where, self.notes)
        return self.layers[identifier]

    def _json(self, name: str) -> object:
        part = self.source.find(name)
        if part is None:
            raise MalformedArchive(f"The archive does not hold {name}.")
        return loads(part.read(self.limits, name), name, self.limits)

    def _identifier(self, value: object, where: str) -> str:
        text = as_text(value, where)
        if not IDENTIFIER.fullmatch(text):
            raise MalformedArchive(f"{where} names the image {shown(text)}: 64 hex digits were expected.")
        return text

    def _reference(self, text: str, where: str) -> list[Reference]:
        try:
            return [Reference.parse_tag(text)]
        except InvalidReference as refusal:
            self.notes.append(Note(where, "", f"the name is dropped: {refusal}"))
            return []


def _step(document: Mapping[str, object]) -> dict[str, object]:
    """A row of history, its keys in the order of docker 20.10."""
    container = document.get("container_config")
    command = " ".join(texts(container.get("Cmd"))) if isinstance(container, dict) else ""
    step = {
        "created": document.get("created") or "0001-01-01T00:00:00Z",
        "author": document.get("author"),
        "created_by": command,
        "comment": document.get("comment"),
    }
    return {key: value for key, value in step.items() if value}


def _config(
    top: Mapping[str, object], diff_ids: list[Digest | None], history: list[dict[str, object]]
) -> bytes:
    """What docker's ``MakeConfigFromV1Config`` writes, to the byte for what docker 1.8.3 and later saved."""
    members = {key: value for key, value in top.items() if key not in NOT_OF_AN_IMAGE}
    members |= {"rootfs": {"type": "layers", "diff_ids": diff_ids}, "history": history}
    return go_json({key: members[key] for key in sorted(members)})
