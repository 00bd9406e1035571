"""A text that comes in pieces holds the secrets that it holds as a whole."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from layers.oci.findings.secrets import MOST_MATCHES, find_secrets
from layers.oci.findings.windows import AHEAD, BEHIND, find_in_pieces
from tests.secrets import SETTINGS, TOKENS, private_key

SECRETS = [
    *TOKENS.values(),
    *SETTINGS.values(),
    private_key().decode(),
    private_key("EC PRIVATE KEY").decode(),
]
SIZE = 3 * AHEAD


def text_of(seed: int, places: list[tuple[int, int]]) -> bytes:
    """Lines of words, with secrets at some places."""
    words = random.Random(seed).choices(
        ["lorem", "ipsum,", "dolor\n", "sit = amet;", "//", "x" * 40], k=SIZE // 6
    )
    text = " ".join(words).encode()[:SIZE]
    for at, which in sorted(places, reverse=True):
        text = text[:at] + b"\n" + SECRETS[which].encode() + b"\n" + text[at:]
    return text


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 9),
    st.lists(st.tuples(st.integers(0, SIZE), st.integers(0, len(SECRETS) - 1)), max_size=8),
    st.integers(1000, 2 * AHEAD),
)
def test_the_pieces_hold_what_the_whole_holds(seed, places, size):
    text = text_of(seed, places)
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    found = [
        (place.match.rule.name, place.match.offset, place.match.size)
        for place in find_in_pieces(pieces, is_settings=True)
    ]
    whole = [(match.rule.name, match.offset, match.size) for match in find_secrets(text, is_settings=True)]

    assert sorted(found) == sorted(whole)


def test_lines_are_counted_over_all_pieces():
    text = b"a\n" * AHEAD + TOKENS["github-p"].encode() + b"\n" * AHEAD
    (place,) = find_in_pieces([text[at : at + 30_000] for at in range(0, len(text), 30_000)])

    assert (place.line, place.match.offset) == (AHEAD + 1, 2 * AHEAD)


def test_a_rule_tells_so_many_of_all_pieces():
    piece = b"\n".join(b"ghp_%036d" % number for number in range(1000, 1040)) + b" " * AHEAD

    assert len(list(find_in_pieces([piece] * 5))) <= MOST_MATCHES


def test_what_is_seen_of_a_boundary_is_more_than_a_rule_takes():
    assert AHEAD > 2 * 16_384 + 8_192
    assert BEHIND > 2 * 300 + 256
