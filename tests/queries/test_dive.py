"""dive's score is what dive printed: recorded in tests/golden/dive.json by script/record-dive."""

import json
from collections import Counter
from typing import Any

import pytest

from layers.oci.changeset.paths import as_text
from layers.oci.unionfs.ledger import How
from layers.operations.import_archive import import_archive
from layers.operations.make_demo import make_demo
from layers.queries.dive import dive_score_of
from layers.queries.images import find_image
from layers.queries.ledgers import ledger_of
from tests.oracle.golden import GOLDEN

pytestmark = pytest.mark.django_db
RECORD = json.loads((GOLDEN / "dive.json").read_text(encoding="utf-8"))["archives"]
DEMO = ["webserver:v1", "webserver:v2", "shop:v1"]
READ = sorted(name for name, said in RECORD.items() if "why" not in said)
NOT_IN_ROWS = {
    # What AUFS kept for itself looks to dive like whiteouts for files that are not there.
    "13-handmade-tars/aufs-meta.tar": {"efficiencyScore"},
    "13-handmade-tars/dup-entries.tar": {"sizeBytes"},  # it counts a path that stands twice in a tar twice
    "13-handmade-tars/whiteout-dir-type.tar": {"sizeBytes"},  # and the bytes of a whiteout that has some
    # A whiteout beside an entry of its own layer hides nothing; dive counts it as one more file.
    "13-handmade-tars/whiteout-order-file.tar": {"efficiencyScore", "files"},
}
"""What dive reads in a tar that no engine does, and that the library therefore does not keep."""


def ours(image: str) -> dict[str, Any]:
    """Our figures under dive's names."""
    score = dive_score_of(find_image(image))
    return {
        "sizeBytes": score.size,
        "inefficientBytes": score.wasted,
        "efficiencyScore": score.efficiency,
        "files": sorted([f"/{as_text(file.path)}", file.layers, file.size] for file in score.files),
    }


def imported(name: str) -> dict[str, Any]:
    """What dive said of an archive that is in the library now."""
    if name in DEMO:
        make_demo()
    else:
        import_archive(GOLDEN / name)
    return RECORD[name]


@pytest.mark.parametrize("name", READ)
def test_the_score_is_what_dive_prints(name):
    said = imported(name)
    found = ours(said["image"])

    assert {key for key in found if said[key] != found[key]} == NOT_IN_ROWS.get(name, set())


@pytest.mark.parametrize("name", READ)
def test_the_sentences_of_dive_have_the_same_figures(name):
    said = imported(name)
    score = dive_score_of(find_image(said["image"]))
    if name in NOT_IN_ROWS:
        return

    assert said["printed"]["efficiency"] == f"{100 * score.efficiency:.2f} %"
    assert said["printed"]["wastedBytes"].partition(" ")[0] == str(score.wasted)
    expected = "0 %" if not score.wasted else f"{100 * score.user_wasted:.2f} %"
    assert said["printed"]["userWastedPercent"] == expected


def test_where_dive_reads_an_archive_wrong():
    """The reasons why our own figures differ, each in an image that shows it."""
    import_archive(GOLDEN / "02-delete-opaque" / "image.tar")
    make_demo()

    # A file that was rewritten is waste once. dive also counts the copy that must stay:
    demo = find_image("webserver:v2")
    score, ledger = dive_score_of(demo), ledger_of(demo)
    twice = {file.path: file.size for file in score.files}
    (hidden,) = [item for item in ledger.items if item.path == b"etc/passwd" and not item.is_live]
    (stays,) = [item for item in ledger.items if item.path == b"etc/passwd" and item.is_live]
    assert twice[b"etc/passwd"] == hidden.size + stays.size
    assert score.wasted > ledger.wasted

    # Directories that were deleted whole, and what an opaque mark hides, waste nothing by dive's reckoning.
    image = find_image(RECORD["02-delete-opaque/image.tar"]["image"])
    items = ledger_of(image).items
    often = Counter(item.path for item in items)
    below = [item for item in items if item.how in (How.DIRECTORY, How.OPAQUE) and often[item.path] == 1]
    assert sum(item.size for item in below) > 0
    assert {item.path for item in below}.isdisjoint(file.path for file in dive_score_of(image).files)
