"""``inspect`` says what docker image inspect says."""

import pytest

from tests.oracle.golden import CASES, golden

VOLATILE = ("Metadata", "Parent")
"""When a name was set; and parents that only the recording engine had."""
DOCKER_ARCHIVES = [
    (case, image.get("archive", "image.tar"), image)
    for case in CASES
    for image in golden(case).get("images", [])
    if not case.startswith("11")
]


def without(inspection, *keys):
    return {key: value for key, value in inspection.items() if key not in keys}


@pytest.mark.parametrize(
    ("case", "file", "image"),
    DOCKER_ARCHIVES,
    ids=[f"{case}-{image['id'][7:19]}" for case, _, image in DOCKER_ARCHIVES],
)
def test_inspect_says_what_docker_says(case, file, image, load, rows):
    load(f"{case[:2]}/{file}")
    [found] = rows("inspect", image["id"])

    assert without(found, *VOLATILE) == without(image["inspect"], *VOLATILE)
