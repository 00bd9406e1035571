"""Manifests and indexes: what a document is, is said once."""

import json

import pytest

from layers.oci.digest import Digest
from layers.oci.errors import InvalidDigest, LimitExceeded, MalformedJSON
from layers.oci.limits import Limits
from layers.oci.manifest import Index, Manifest, parse_manifest
from layers.oci.mediatype import DOCKER_INDEX, DOCKER_MANIFEST, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST


def described(content: bytes = b"", media_type: str = OCI_LAYER) -> dict[str, object]:
    return {"mediaType": media_type, "digest": Digest.of(content), "size": len(content)}


def manifest(**members: object) -> dict[str, object]:
    return {"schemaVersion": 2, "config": described(b"{}", OCI_CONFIG), "layers": [described()], **members}


def index(**members: object) -> dict[str, object]:
    return {"schemaVersion": 2, "manifests": [described(b"", OCI_MANIFEST)], **members}


def parse(document: object, media_type: str | None = None) -> Manifest | Index:
    return parse_manifest(json.dumps(document).encode(), media_type, "blob", Limits())


def test_a_document_without_a_media_type_is_told_by_its_fields():
    assert parse(manifest()).media_type == OCI_MANIFEST
    assert parse(index()).media_type == OCI_INDEX


def test_the_types_of_docker_are_known():
    assert isinstance(parse(manifest(), DOCKER_MANIFEST), Manifest)
    assert isinstance(parse(index(mediaType=DOCKER_INDEX), DOCKER_INDEX), Index)


@pytest.mark.parametrize(
    ("document", "promised", "rule"),
    [
        (manifest(manifests=[]), None, "both 'manifests' and"),
        (index(layers=[]), None, "both 'manifests' and"),
        ({"schemaVersion": 2}, None, "neither"),
        (manifest(mediaType=OCI_MANIFEST), DOCKER_MANIFEST, "its descriptor says"),
        (manifest(), OCI_INDEX, "is a manifest, yet"),
        (index(), OCI_MANIFEST, "is an index, yet"),
        (manifest(mediaType="text/html"), None, "yet its media type is 'text/html'"),
        (index(manifests=None), None, "blob.manifests is null"),
        (index(manifests={}), None, "blob.manifests is an object, not a list"),
        (index(schemaVersion=1), None, "schemaVersion is 1"),
        (index(schemaVersion=True), None, "schemaVersion is"),
        (manifest(config=None), None, "blob.config is null, not an object"),
        (manifest(layers=["x"]), None, r"blob.layers[0] is a string"),
        ([], None, "blob is a list, not an object"),
    ],
)
def test_a_document_that_could_be_read_two_ways_is_refused(document, promised, rule):
    with pytest.raises(MalformedJSON) as refusal:
        parse(document, promised)
    assert rule in str(refusal.value)


def test_a_wrong_digest_is_refused_with_its_place():
    with pytest.raises(InvalidDigest, match=r"^blob\.layers\[1\]\.digest: 'sha256:\.\./x' is no digest"):
        parse(manifest(layers=[described(), {**described(), "digest": "sha256:../x"}]))


@pytest.mark.parametrize(
    ("document", "limit"),
    [
        (manifest(layers=[described()] * 257), "layers"),
        (index(manifests=[described()] * 101), "index_entries"),
    ],
    ids=["layers", "index_entries"],
)
def test_a_list_that_is_too_long_meets_its_limit(document, limit):
    with pytest.raises(LimitExceeded) as refusal:
        parse(document)
    assert refusal.value.limit == limit


def test_null_layers_are_none_as_go_writes_them():
    assert parse(manifest(layers=None)).layers == ()


def test_an_image_an_attestation_and_an_artifact_are_told_apart():
    statement = described(b"", "application/vnd.in-toto+json")
    assert parse(manifest()).is_image
    assert parse(manifest(layers=[statement])).is_attestation
    assert not parse(manifest(layers=[statement])).is_image
    assert not parse(manifest(config=described(b"{}", "application/vnd.oci.empty.v1+json"))).is_image
