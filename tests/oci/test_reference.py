"""Names: what docker takes, shows and refuses (tests/golden/16-references), and what it cannot ask."""

import json
from pathlib import Path

import pytest

from layers.oci.digest import Digest
from layers.oci.errors import InvalidReference
from layers.oci.reference import Reference

GOLDEN = json.loads((Path(__file__).parents[1] / "golden/16-references/golden.json").read_text())[
    "references"
]
TAKEN = [case for case in GOLDEN if case["ok"]]
REFUSED = [case["input"] for case in GOLDEN if not case["ok"]]


@pytest.mark.parametrize("case", TAKEN, ids=lambda case: case["input"][:40])
def test_a_name_reads_and_shows_as_docker_does(case):
    reference = Reference.parse_tag(case["input"])

    assert [reference.familiar] == case["repo_tag"]
    if case.get("oci_annotations"):
        assert reference.full == case["oci_annotations"]["io.containerd.image.name"]


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text)[:40])
def test_a_name_that_docker_refuses_is_refused_in_one_sentence(text):
    with pytest.raises(InvalidReference) as refusal:
        Reference.parse_tag(text)
    assert str(refusal.value).isprintable()
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize("case", TAKEN, ids=lambda case: case["input"][:40])
def test_the_full_and_the_familiar_form_read_back_as_the_same(case):
    reference = Reference.parse_tag(case["input"])

    assert Reference.parse(reference.full) == reference
    assert Reference.parse(reference.familiar) == reference


def test_a_digest_is_read_but_never_given_as_a_tag():
    digest = "sha256:" + "a" * 64

    assert Reference.parse(f"nginx:1@{digest}") == Reference(
        "docker.io", "library/nginx", "1", Digest(digest)
    )
    with pytest.raises(InvalidReference, match="cannot be given as a tag"):
        Reference.parse_tag(f"nginx@{digest}")


def test_no_tag_is_made_up():
    assert Reference.parse("nginx").tag is None
    assert Reference.parse("nginx").with_default_tag().tag == "latest"


def test_a_very_long_text_is_refused_by_its_length():
    with pytest.raises(InvalidReference, match="it has 1000000 characters"):
        Reference.parse("a" * 1_000_000)
