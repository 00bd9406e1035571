"""``tree``, ``layer`` and ``rmi --dry-run``: what stands on what, and what a deletion would free."""

import pytest
from django.core.management.base import CommandError

from layers.models import Blob, Image, Layer
from layers.operations.create_container import create_container


def test_images_are_drawn_upon_their_base(load, output, rows):
    load("01")
    lines = output("tree").splitlines()

    assert lines[0].split() == ["IMAGE", "LAYERS", "OWN", "SIZE", "SIZE", "IMAGES"]
    assert lines[1].split() == ["nginx:latest", "4", "1.98MB", "1.98MB", "2"]
    assert lines[2].startswith("└─ nginx:v2")
    table = {row["Names"][0]: row for row in rows("tree")}
    assert (table["nginx:v2"]["Base"], table["nginx:v2"]["LayersOnBase"]) == ("nginx:latest", 1)
    assert table["nginx:latest"]["Base"] is None


def test_layers_that_no_image_ends_with_are_told_by_their_step(load, output):
    load("09")

    assert output("tree").splitlines()[1].startswith("(ADD file:")


def test_images_of_a_layer_are_listed(load, output, rows):
    load("01")
    layer = Layer.objects.earliest("pk")
    lines = output("layer", layer.diff_id[7:19]).splitlines()

    assert [line.split()[0] for line in lines] == ["IMAGE", "nginx:v2", "nginx:latest"]
    (row,) = rows("layer", layer.diff_id)
    assert row["DiffID"] == layer.diff_id
    assert [image["Position"] for image in row["Images"]] == [0, 0]
    assert row["Stored"][0]["Digest"] == layer.stored.get().blob.digest


@pytest.mark.parametrize("text", ["nonsense", "sha256:0000", "", "00"])
def test_an_unknown_layer_is_refused(load, output, text):
    load("01")
    with pytest.raises(CommandError, match="No layer here"):
        output("layer", text)


@pytest.mark.parametrize("names", [["nginx:v2"], ["nginx:latest"], ["nginx:v2", "nginx:latest"]])
def test_a_rehearsed_removal_says_what_the_real_one_does(load, output, rows, names):
    load("01")
    load("02")
    told = rows("rmi", "--dry-run", *names)
    size = sum(Blob.objects.values_list("size", flat=True))
    done = rows("rmi", *names)

    assert told[-1]["SpaceReclaimed"] == size - sum(Blob.objects.values_list("size", flat=True))
    assert sorted(map(str, told[:-1])) == sorted(map(str, done))


def test_a_rehearsal_removes_nothing(load, output):
    load("01")
    count = Image.objects.count()
    table = output("rmi", "--dry-run", "nginx:v2", Image.objects.get(references__tag="latest").image_id)

    assert "Total reclaimed space: " in table
    assert Image.objects.count() == count


def test_a_name_among_several_frees_nothing(load, output, rows):
    load("01")
    output("tag", "nginx:v2", "other")

    assert rows("rmi", "--dry-run", "nginx:v2")[-1]["SpaceReclaimed"] == 0
    assert rows("rmi", "--dry-run", "nginx:v2", "other")[-1]["SpaceReclaimed"] > 0


def test_what_a_container_stands_on_stays(load, output, rows, capsys):
    load("01")
    create_container(image=Image.objects.get(references__tag="v2"))
    output("rmi", "--dry-run", "nginx:v2")

    assert "A container stands on" in capsys.readouterr().err
    assert rows("rmi", "--dry-run", "nginx:v2")[-1]["SpaceReclaimed"] == 0
