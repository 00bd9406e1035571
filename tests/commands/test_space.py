"""``space``: where the bytes went."""

import re
from pathlib import Path

import pytest
from django.core.management import CommandError

from layers.operations.make_demo import make_demo
from layers.queries.dive import dive_score_of
from layers.queries.ledgers import ledger_of
from tests.built import build, file, folder, gone, hard
from tests.oracle.golden import golden


@pytest.fixture
def demo(db) -> None:
    make_demo()


def test_layers_add_up_to_the_image(demo, rows):
    *layers, total = rows("space", "webserver:v2")

    for layer in layers:
        assert layer["live"] + layer["shadowed"] + layer["deleted"] == layer["content_size"]
        # All of the tar but the content of files, which symlinks' targets are no part of.
        assert layer["tar_size"] >= layer["overhead"] > 0
    for key in ("content_size", "live", "shadowed", "deleted", "identical", "tar_size", "overhead"):
        assert sum(layer[key] for layer in layers) == total[key]
    assert sum(layer["hides"] for layer in layers) == total["wasted"] == 4_457_242
    assert total["efficiency"] == total["live"] / total["content_size"]
    assert total["dive"] == {"efficiency": 0.1285539220957363, "wasted": 4_457_748, "size": 5_114_842}


def test_the_walk_through_has_the_same_figures(demo, rows):
    document = (Path(__file__).resolve().parents[2] / "docs" / "layers-explained.md").read_text(
        encoding="utf-8"
    )
    section = document.partition("## Where the bytes went")[2].partition("## ")[0]
    told = re.findall(r"^\| (\d?) ?\|.*?\|((?: [\d,]+ \|){4,5})", section, re.MULTILINE)
    keys = ("content_size", "live", "shadowed", "deleted", "overhead")
    *layers, total = rows("space", "webserver:v2")

    expected = [[str(layer["layer"]), *(layer[key] for key in keys)] for layer in reversed(layers)]
    expected.append(["", *(total[key] for key in keys)])
    found = [
        [at, *(int(cell.replace(",", "")) for cell in cells.split("|") if cell.strip())] for at, cells in told
    ]
    assert found == expected


def test_a_directory_deleted_whole_is_no_waste_to_dive(db, tmp_path):
    image = build(
        tmp_path,
        "a:1",
        ("RUN", [folder("d"), file("d/x", b"x" * 990), file("y", b"y" * 10)]),
        ("RUN", [gone("d")]),
    )

    assert dive_score_of(image).efficiency > 0.99
    assert ledger_of(image).efficiency == 0.01


def test_the_table_ends_with_what_to_do(demo, output):
    lines = output("space", "webserver:v2").splitlines()

    assert lines[0].split() == [
        "LAYER",
        "CONTENT",
        "LIVE",
        "SHADOWED",
        "DELETED",
        "OVERHEAD",
        "CREATED",
        "BY",
    ]
    assert lines[2].split()[:6] == ["1", "4.46MB", "1.36kB", "337B", "4.46MB", "20.1kB"]
    assert lines[7:10] == [
        "5.11MB in 6 layers: 658kB seen, 617B overwritten, 4.46MB deleted; efficiency 12.86 %",
        "Of the overwritten, 162B were written again the same; of the seen, 0B are further copies; the tars"
        " hold 76.3kB of headers and padding besides",
        "By dive's reckoning: efficiency 12.86 %, 4.46MB wasted",
    ]
    assert lines[10].startswith("- “rm /var/cache/apt/archives/*.deb")


def test_directories_types_and_files_add_up_to_the_same(demo, rows):
    (*_, total) = rows("space", "webserver:v2")
    for by in ("dir", "type"):
        found = rows("space", "webserver:v2", "--by", by)
        for key in ("live", "shadowed", "deleted"):
            assert sum(row[key] for row in found) == total[key]
    items = [
        *rows("space", "webserver:v2", "--largest", "999"),
        *rows("space", "webserver:v2", "--largest", "999", "--hidden"),
    ]
    assert sum(item["size"] for item in items) == total["content_size"]


def test_one_layer_alone(demo, rows, output):
    (layer,) = rows("space", "webserver:v2", "--layer", "1")

    assert layer["layer"] == 1
    found = rows("space", "webserver:v2", "--layer", "1", "--by", "dir", "--path", "/var/cache/apt/archives")
    assert [row["path"] for row in found] == ["/var/cache/apt/archives/nginx_1.27.3-1_amd64.deb"]
    assert output("space", "webserver:v2", "--layer", "1").count("\n") == 2


def test_a_hidden_file_names_both_layers(demo, rows, output):
    found = rows("space", "webserver:v2", "--largest", "1", "--hidden")

    assert found == [
        {
            "path": "/var/cache/apt/archives/nginx_1.27.3-1_amd64.deb",
            "type": "file",
            "size": 4194304,
            "layer": 1,
            "hidden_by": 2,
            "how": "whiteout",
        }
    ]
    assert "deleted in 2" in output("space", "webserver:v2", "--largest", "1", "--hidden")


def test_a_hard_link_group_is_one_row_with_its_other_names(db, tmp_path, rows):
    build(tmp_path, "a:1", ("RUN", [file("one", b"12345"), hard("two", "one")]))

    (row,) = rows("space", "a:1", "--largest", "9")
    assert (row["path"], row["size"], row["other_names"]) == ("/one", 5, [{"path": "/two"}])


def test_directories_of_packages_and_copies_are_listed(demo, rows, output):
    packages = {row["path"]: row["size"] for row in rows("space", "shop:v1", "--by", "package")}
    (copies,) = rows("space", "shop:v1", "--duplicates", "9")

    # Its copy of the other layer is there too, and its package.json twice.
    assert packages["/srv/shop/node_modules/htmx.org"] == 2 * (48 * 1024 + 60)
    assert (copies["size"], copies["copies"], copies["to_spare"]) == (48 * 1024, 2, 48 * 1024)
    assert {row["layer"] for row in copies["paths"]} == {6}
    assert output("space", "shop:v1", "--by", "package").splitlines()[0].split()[-1] == "PATH"
    assert output("space", "shop:v1", "--duplicates", "1").splitlines()[1].split()[:3] == [
        "49.2kB",
        "49.2kB",
        "2",
    ]


def test_what_if_layers_were_one(demo, rows, output):
    *layers, end = rows("space", "webserver:v2", "--squash", "1-2")

    assert [layer["layers"] for layer in layers] == [[0, 0], [1, 2], [3, 3], [4, 4], [5, 5]]
    assert end["content_size"] == sum(layer["content_size"] for layer in layers)
    assert end["content_size_before"] - end["content_size"] == 4194304 + 262144
    assert [(lost["name"], lost["layers"]) for lost in end["lost_sharing"]] == [("webserver:v1", 4)]
    assert "It would no longer share 4 layers (4.46MB) with webserver:v1." in output(
        "space", "webserver:v2", "--squash", "1-2"
    )


def test_what_if_a_path_were_not_there(demo, rows, output):
    *_, end = rows("space", "webserver:v2", "--without", "*.deb")

    assert end["content_size_before"] - end["content_size"] == 4194304
    assert output("space", "webserver:v2", "--without", "*.nothing").endswith("or another name keeps them.\n")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--squash", "1"], "--squash takes two layers"),
        (["--squash", "1-1"], "is no run of two or more"),
        (["--squash", "1-9"], "There is no layer '9'"),
        (["--without", "/"], "A pattern for paths has"),
        (["--layer", "9"], "There is no layer '9'"),
    ],
)
def test_what_makes_no_sense_is_refused(demo, words, message, output):
    with pytest.raises(CommandError, match=message):
        output("space", "webserver:v2", *words)


def test_names_are_told_byte_for_byte(load, rows):
    load("07")
    found = rows("space", "oracle/names", "--largest", "9999")
    merged = golden("07-names")["images"][0]["layers"][-1]["merged"]
    expected = {
        row.get("path_b64", row["path"]) for row in merged if row.get("size") or row["type"] == "symlink"
    }

    assert {row.get("path_b64", row["path"]) for row in found} >= expected - {None}
