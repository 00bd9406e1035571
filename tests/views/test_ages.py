"""Ages on pages: the same unit, and the same number, that docker gives."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from layers.management.human import human_since
from layers.templatetags.ages import age

SECONDS = [61, 3599, 3600, 5399, 5401, 86_400 * 2, 86_400 * 13, 86_400 * 15, 86_400 * 59, 86_400 * 61]
YEARS = [86_400 * days for days in (360, 670, 729, 731, 1_000, 1_500, 20_000)]


def test_what_has_just_happened():
    assert age(datetime.now(UTC)) == "just now"


@pytest.mark.parametrize("seconds", SECONDS + YEARS)
def test_docker_says_the_same(seconds):
    now = datetime.now(UTC)
    then = now - timedelta(seconds=seconds + 1)

    said = human_since(then, now)

    assert age(then) == re.sub(r"^About an? (\w+)", r"1 \1", said)
