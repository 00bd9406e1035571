"""Digests in URLs."""

import re

import pytest

from layers.converters import DigestConverter
from layers.oci.digest import Digest

SHA256, SHA512 = Digest("sha256:" + "0a" * 32), Digest("sha512:" + "0b" * 64)


@pytest.mark.parametrize("digest", [SHA256, SHA512])
def test_a_digest_goes_into_a_url_and_comes_back(digest):
    converter = DigestConverter()
    text = converter.to_url(digest)

    assert re.fullmatch(converter.regex, text)
    assert converter.to_python(text) == digest


@pytest.mark.parametrize("text", ["", "0a", "0A" * 32, "0a" * 33, "0g" * 32, f"sha256:{'0a' * 32}"])
def test_what_is_no_digest_matches_no_url(text):
    assert re.fullmatch(DigestConverter.regex, text) is None
