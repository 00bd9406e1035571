"""Digests and descriptors: the grammar stands before every path and query."""

import base64
import hashlib

import pytest

from layers.oci.descriptor import Descriptor
from layers.oci.digest import Digest, is_digest
from layers.oci.errors import DigestMismatch, InvalidDigest, MalformedJSON

GOOD = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    "text",
    [
        "sha256:../../../../../../etc/passwd",
        "../../../etc/passwd",
        "sha256:/etc/passwd",
        "sha256:abc",
        "",
        "sha256:",
        "SHA256:" + "A" * 64,
        "sha256:" + "ABCDEF" * 10 + "ABCD",
        "md5:" + "0" * 32,
        "sha256:" + "0" * 63 + "\0",
        "sha256:" + "0" * 64 + "\n",
        "sha512:" + "0" * 64,
        "blake3:" + "0" * 64,
        "sha256:" + "٠" * 64,
        7,
        None,
    ],
    ids=ascii,
)
def test_what_is_no_digest_cannot_become_one(text):
    assert not is_digest(text)
    with pytest.raises(InvalidDigest, match="is no digest") as refusal:
        Digest.parse(text)
    assert str(refusal.value).isprintable()


def test_a_digest_tells_its_parts_and_knows_its_content():
    digest = Digest.parse("sha512:" + hashlib.sha512(b"layer").hexdigest())

    assert digest.algorithm == "sha512"
    assert digest.matches(b"layer")
    assert not digest.matches(b"other")
    assert Digest.of(b"layer").hex == hashlib.sha256(b"layer").hexdigest()


@pytest.mark.parametrize("size", [-1, 1.5, "10", None, True, 2**63], ids=repr)
def test_a_size_that_is_no_count_of_bytes_is_refused_by_name(size):
    with pytest.raises(MalformedJSON, match=r"^m\.layers\[0\]\.size is "):
        Descriptor.parse({"mediaType": "", "digest": GOOD, "size": size}, "m.layers[0]")


def test_content_is_checked_for_size_and_then_for_hash():
    descriptor = Descriptor("text/plain", Digest.of(b"right"), 5)

    descriptor.check(b"right", "blob")
    with pytest.raises(DigestMismatch, match="expected 5 bytes, found 6"):
        descriptor.check(b"longer", "blob")
    with pytest.raises(DigestMismatch, match=f"expected {Digest.of(b'right')}, found {Digest.of(b'wrong')}"):
        descriptor.check(b"wrong", "blob")


def test_embedded_data_must_be_what_the_digest_names():
    members = {"digest": Digest.of(b"right"), "size": 5}

    Descriptor.parse({**members, "data": base64.b64encode(b"right").decode()}, "config")
    with pytest.raises(DigestMismatch, match=r"^config\.data"):
        Descriptor.parse({**members, "data": base64.b64encode(b"wrong").decode()}, "config")
    with pytest.raises(MalformedJSON, match="not base64"):
        Descriptor.parse({**members, "data": "!"}, "config")


def test_a_platform_is_written_as_docker_writes_it():
    platform = {"os": "linux", "architecture": "arm", "variant": "v7"}
    assert (
        str(Descriptor.parse({"digest": GOOD, "size": 1, "platform": platform}, "d").platform)
        == "linux/arm/v7"
    )
