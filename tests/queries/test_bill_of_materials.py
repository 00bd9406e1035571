"""The CycloneDX document of an image, held against the official schema."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from layers.oci.reference import Reference
from layers.operations.read_packages import read_packages
from layers.operations.tag_image import tag_image
from layers.queries.bill_of_materials import bill_of_materials
from tests.layered import import_layers

SCHEMAS = Path(__file__).resolve().parents[1] / "schemas" / "cyclonedx"
STATUS = b"Package: %s\nStatus: install ok installed\nVersion: 1:2.0\nArchitecture: amd64\n\n"

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    schemas = [json.loads(path.read_text()) for path in sorted(SCHEMAS.glob("*.json"))]
    registry = (
        Registry()
        .with_resources([(schema["$id"], Resource.from_contents(schema)) for schema in schemas])
        .with_resources(
            [
                (
                    f"http://cyclonedx.org/schema/{path.name}",
                    Resource.from_contents(json.loads(path.read_text())),
                )
                for path in SCHEMAS.glob("*.json")
            ]
        )
    )
    bom = next(schema for schema in schemas if "bom-1.5" in schema["$id"])
    return Draft7Validator(bom, registry=registry)


def npm(name: str, licence: object) -> bytes:
    return json.dumps({"name": name, "version": "1.0.0", "license": licence}).encode()


@pytest.fixture
def image(db):
    image = import_layers(
        {
            "etc/os-release": b'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n',
            "var/lib/dpkg/status": STATUS % b"bash" + STATUS % b"curl",
        },
        {
            "app/node_modules/@scope/a/package.json": npm("@scope/a", "MIT"),
            "app/node_modules/b/node_modules/@scope/a/package.json": npm("@scope/a", "MIT"),
            "app/node_modules/b/package.json": npm("b", "<script>"),
            "app/node_modules/caf\udce9/package.json": npm("c\u202e\n", {"type": "x" * 5000}),
        },
        created="2024-02-03T04:05:06.789Z",
    )
    read_packages()
    return image


def test_it_is_valid(image, validator):
    document = json.loads(json.dumps(bill_of_materials(image)))

    assert [error.message for error in validator.iter_errors(document)] == []
    assert list(validator.iter_errors(document | {"components": [{"name": "no type"}]}))


def test_it_tells_what_is_installed_and_where_it_came_from(image):
    document = bill_of_materials(image)
    system, bash, curl, scoped, *_ = document["components"]

    assert (system["type"], system["name"], system["version"]) == ("operating-system", "debian", "12")
    assert bash["purl"] == "pkg:deb/debian/bash@1:2.0?arch=amd64&distro=debian-12"
    assert curl["evidence"] == {"occurrences": [{"location": "/var/lib/dpkg/status"}]}
    assert (scoped["group"], scoped["name"], scoped["version"]) == ("@scope", "a", "1.0.0")
    assert [place["location"] for place in scoped["evidence"]["occurrences"]] == [
        "/app/node_modules/@scope/a/package.json",
        "/app/node_modules/b/node_modules/@scope/a/package.json",
    ]
    assert scoped["properties"][0] == {"name": "imagebrowser:layer", "value": "1"}
    assert document["metadata"]["timestamp"] == "2024-02-03T04:05:06Z"


def test_the_same_image_gives_the_same_document(image):
    first = bill_of_materials(image)
    lower = bill_of_materials(image, 0)
    tag_image(image=image, reference=Reference.parse("another:1"))
    second = bill_of_materials(image)

    assert bill_of_materials(image) == second
    assert first["serialNumber"] == second["serialNumber"] != lower["serialNumber"]
    assert len(lower["components"]) == 3
    assert second["metadata"]["component"]["version"] == image.image_id


def test_an_image_without_packages_is_valid_too(validator):
    image = import_layers({"srv/a": b""})

    assert [error.message for error in validator.iter_errors(bill_of_materials(image))] == []
