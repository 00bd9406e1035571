"""A list of packages as a CycloneDX 1.5 document: the same packages give the same bytes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from layers.oci.changeset.paths import as_text
from layers.oci.packages.package import Package

MEDIA_TYPE: Final = "application/vnd.cyclonedx+json; version=1.5"
PROGRAM: Final = "imagebrowser"


@dataclass(frozen=True, slots=True)
class Component:
    """A package, and where in the image it is."""

    package: Package
    purl: str
    position: int
    """The layer that brought it."""
    diff_id: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The image that the document is about."""

    image_id: str
    name: str
    """What people call it."""
    created: datetime | None
    system: tuple[str, str, str]
    """Name, ``ID`` and ``VERSION_ID`` of its operating system; empty where it has none."""
    layer: int | None = None
    """The layer up to which it is looked at; None for all of it."""

    @property
    def serial(self) -> str:
        """The same for the same image, up to the same layer."""
        what = self.image_id if self.layer is None else f"{self.image_id}@{self.layer}"
        return f"urn:uuid:{uuid5(NAMESPACE_URL, what)}"


def bom(subject: Subject, components: Iterable[Component]) -> dict[str, object]:
    """The document. Its serial number follows from the image, and its time is the image's."""
    metadata: dict[str, object] = {
        "tools": {"components": [{"type": "application", "name": PROGRAM}]},
        "component": {
            "bom-ref": subject.image_id,
            "type": "container",
            "name": subject.name,
            "version": subject.image_id,
        },
    }
    if subject.created is not None:
        metadata = {"timestamp": f"{subject.created:%Y-%m-%dT%H:%M:%SZ}", **metadata}
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": subject.serial,
        "version": 1,
        "metadata": metadata,
        "components": [*_system(subject), *_components(components)],
    }


def _system(subject: Subject) -> Iterator[dict[str, object]]:
    name, id, version = subject.system
    if name:
        about = {"version": version} if version else {}
        ref = f"os:{id or name}@{version}"
        yield {"bom-ref": ref, "type": "operating-system", "name": id or name, **about, "description": name}


def _components(components: Iterable[Component]) -> Iterator[dict[str, object]]:
    """One for each package URL, however many places it is in."""
    ordered = sorted(components, key=lambda one: (one.package.type, one.purl, one.package.path))
    for _, group in groupby(ordered, lambda one: one.purl):
        yield _component(list(group))


def _component(places: list[Component]) -> dict[str, object]:
    first = places[0].package
    found: dict[str, object] = {"bom-ref": places[0].purl, "type": "library", **_named(first)}
    if first.version:
        found["version"] = first.version
    if first.licence:
        found["licenses"] = [{"license": {"name": first.licence}}]
    found["purl"] = places[0].purl
    paths = dict.fromkeys("/" + as_text(place.package.path) for place in places)
    found["evidence"] = {"occurrences": [{"location": path} for path in paths]}
    layers = dict.fromkeys((place.position, place.diff_id) for place in places)
    found["properties"] = [
        entry
        for position, diff_id in layers
        for entry in (
            {"name": f"{PROGRAM}:layer", "value": str(position)},
            {"name": f"{PROGRAM}:diff_id", "value": diff_id},
        )
    ]
    return found


def _named(package: Package) -> Mapping[str, str]:
    """Name, and the scope of an npm package as its group."""
    scope, slash, name = package.name.partition("/")
    if package.type == "npm" and slash and scope.startswith("@"):
        return {"group": scope, "name": name}
    return {"name": package.name}
