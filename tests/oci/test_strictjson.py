"""JSON from strangers."""

import pytest

from layers.oci.errors import LimitExceeded, MalformedJSON
from layers.oci.limits import Limits
from layers.oci.strictjson import loads


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"<html>", "is no JSON"),
        (b'[{"Config":"a', "at character 11"),
        (b"\xff\xfe[\0]\0", "byte 0 is not UTF-8"),
        (b"\xef\xbb\xbf[]", "byte order mark"),
        (b'{"a":1,"a":2}', "the key 'a' twice"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "-Infinity"),
        (b"[1e999]", "1e999"),
        (b'["\\ud800"]', "surrogate"),
        (b'{"\\udfff":1}', "surrogate"),
        (b"[1] [2]", "extra data"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(raw, rule):
    with pytest.raises(MalformedJSON, match=r"^index\.json ") as refusal:
        loads(raw, "index.json", Limits())
    assert rule in str(refusal.value)


@pytest.mark.parametrize(
    ("raw", "limit"),
    [
        (b" " * (4 * 2**20 + 1), "json_size"),
        (b"[" * 65 + b"]" * 65, "json_depth"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "json_depth"),
        (b"[" * 200_000, "json_depth"),
        (b'{"a":' * 100_000, "json_depth"),
        (b"9" * 20, "json_digits"),
        (b"-" + b"9" * 10_000, "json_digits"),
        (b'"' + b"a" * (2**20 + 1) + b'"', "json_string"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_a_costly_document_meets_its_limit(raw, limit):
    with pytest.raises(LimitExceeded, match=r"^config: limit ") as refusal:
        loads(raw, "config", Limits())
    assert refusal.value.limit == limit


def test_a_document_at_its_limits_is_read():
    limits = Limits()
    raw = b"[" * limits.json_depth + b"9" * limits.json_digits + b"]" * limits.json_depth
    value = loads(raw, "config", limits)
    for _ in range(limits.json_depth):
        assert isinstance(value, list)
        value = value[0]
    assert value == 10**limits.json_digits - 1


def test_a_pair_of_surrogates_is_one_character():
    assert loads(b'["\\ud83d\\ude00"]', "config", Limits()) == ["\N{GRINNING FACE}"]
