"""Archives from strangers: nothing outside is reached, what two readers could disagree on is refused."""

import base64
import json
import tarfile

import pytest

from layers.oci.archive.contents import read_contents
from layers.oci.archive.directory import DirectorySource
from layers.oci.archive.sniff import recognise
from layers.oci.digest import Digest
from layers.oci.errors import DigestMismatch, LimitExceeded, MalformedArchive, OCIError, UnsupportedArchive
from layers.oci.limits import Limits
from layers.oci.mediatype import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST
from tests.oci.archives import LAYER, Layout, config, described, docker, read

ESCAPES = ["../../../etc/passwd", "/etc/passwd", "/proc/self/environ", "a\0b", "", ".", "00"]


@pytest.mark.parametrize("path", ESCAPES, ids=ascii)
@pytest.mark.parametrize("field", ["Config", "Layers"])
def test_a_path_is_looked_up_among_the_members_only(field, path):
    files = docker(**{field: path if field == "Config" else [path]})

    with pytest.raises(MalformedArchive, match=rf"^manifest\.json\[0\]\.{field}.* names '"):
        read(*files.items())


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        ("/etc/passwd", "leads out of the archive"),
        ("../../etc/passwd", "leads out of the archive"),
        ("/dev/zero", "leads out of the archive"),
        ("../11/layer.tar", "link_hops"),
        ("../gone/layer.tar", "does not hold"),
        ("../00", "not a regular file|does not hold"),
    ],
)
def test_a_link_is_followed_inside_the_archive_only(target, rule):
    files = docker(Layers=["11/layer.tar"])
    with pytest.raises(OCIError, match=rule):
        read(*files.items(), ("11/layer.tar", (tarfile.SYMTYPE, target)))


@pytest.mark.parametrize(
    ("type_", "target"), [(tarfile.SYMTYPE, "../00/layer.tar"), (tarfile.LNKTYPE, "00/layer.tar")]
)
def test_a_link_inside_the_archive_is_the_file_it_points_to(type_, target):
    files = docker(Layers=["11/layer.tar"])
    (image,) = read(*files.items(), ("11/layer.tar", (type_, target))).images

    assert image.layers[0].part.name == "00/layer.tar"
    assert b"".join(image.layers[0].part.chunks()) == LAYER


@pytest.mark.parametrize("type_", [tarfile.FIFOTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE])
def test_a_layer_is_a_regular_file(type_):
    files = docker(Layers=["11/layer.tar"])
    with pytest.raises(MalformedArchive, match=r"member '11/layer\.tar' is a .* not a regular file"):
        read(*files.items(), ("11/layer.tar", (type_, "")))


def test_a_name_that_stands_twice_must_mean_one_thing():
    files = docker()
    assert read(*files.items(), *files.items()).images
    with pytest.raises(MalformedArchive, match=r"two members 'manifest\.json' that differ"):
        read(("manifest.json", b"[]"), *files.items())


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (["manifest.json", "index.json", "oci-layout"], "docker"),
        (["oci-layout"], "oci"),
        (["index.json", "blobs/sha256/" + "a" * 64], "oci"),
        (["repositories", "a" * 64 + "/json"], "legacy"),
        (["etc/passwd", "index.json"], "rootfs"),
        (["root/layer.tar", "etc/passwd"], "rootfs"),
        ([], "rootfs"),
    ],
)
def test_an_archive_is_told_by_its_names(names, layout):
    assert recognise(names) == layout


@pytest.mark.parametrize(
    "names",
    [
        ["00/layer.tar"],
        ["a" * 64 + ".json", "etc/passwd"],
        ["blobs/sha256/" + "a" * 64],
        ["a" * 64 + "/layer.tar"],
    ],
)
def test_parts_of_an_image_alone_are_no_root_filesystem(names):
    with pytest.raises(MalformedArchive, match=r"no manifest\.json"):
        recognise(names)


def test_names_that_docker_would_not_load_are_dropped_and_told():
    tags = ["good:1", "Bad:1", "untagged", "a@sha256:" + "0" * 64, 7, None, "good:1"]
    contents = read(*docker(RepoTags=tags).items())

    assert [str(name) for name in contents.images[0].references] == ["good:1"]
    assert len(contents.notes) == 5


def test_the_same_image_listed_twice_is_one_with_all_names():
    files = docker()
    (entry,) = json.loads(files["manifest.json"])
    files["manifest.json"] = json.dumps([entry, {**entry, "RepoTags": ["other:2"]}]).encode()

    (image,) = read(*files.items()).images
    assert [str(name) for name in image.references] == ["test:1", "other:2"]


@pytest.mark.parametrize(
    ("entry", "limit"),
    [({"RepoTags": ["a:1"] * 201}, "tags"), ({"Layers": ["00/layer.tar"] * 257}, "layers")],
)
def test_lists_of_an_entry_are_bounded(entry, limit):
    with pytest.raises(LimitExceeded) as refusal:
        read(*docker(**entry).items())
    assert refusal.value.limit == limit


def test_a_config_in_a_blob_store_must_hash_to_its_name():
    path = "blobs/sha256/" + "0" * 64
    files = {**docker(Config=path), path: config(LAYER)}
    with pytest.raises(DigestMismatch, match="not to its name"):
        read(*files.items())


def test_layers_and_diff_ids_must_be_as_many():
    with pytest.raises(MalformedArchive, match="lists 2 layers, its config 1 diff_ids"):
        read(*docker(Layers=["00/layer.tar"] * 2).items())


def test_a_large_document_is_not_read():
    files = docker()
    with pytest.raises(LimitExceeded, match="json_size"):
        read(*{**files, "manifest.json": b" " * (4 * 2**20 + 1)}.items())


def test_a_missing_blob_is_named():
    layout = Layout()
    image = layout.image()
    missing = Digest.of(LAYER).hex

    with pytest.raises(MalformedArchive, match=f"names sha256:{missing}, which the archive does not hold"):
        layout.read(image, without=lambda name: name.endswith(missing))


def test_a_blob_of_another_content_or_size_is_refused():
    layout = Layout()
    image = layout.image()

    with pytest.raises(DigestMismatch, match="expected 1 bytes"):
        layout.read({**image, "size": 1})
    path = f"blobs/sha256/{image['digest'].hex}"
    layout.files[path] = layout.files[path].replace(b"layers", b"lAyers")
    with pytest.raises(DigestMismatch, match=f"expected {image['digest']}, found sha256:"):
        layout.read(image)


def test_what_urls_lead_to_is_never_fetched():
    layout = Layout()
    foreign = described(b"elsewhere", OCI_LAYER, urls=["http://192.0.2.1/layer", "file:///etc/passwd"])
    with pytest.raises(MalformedArchive, match="never fetched"):
        layout.read(layout.image(layers=[foreign]))


def test_an_index_may_name_platforms_that_were_not_saved():
    layout = Layout()
    elsewhere = described(b"another platform", OCI_MANIFEST)
    index = layout.index(elsewhere, layout.image())

    contents = layout.read(index)
    assert len(contents.images_of(index["digest"])) == 1
    assert [str(elsewhere["digest"]) in note.note for note in contents.notes] == [True]
    with pytest.raises(MalformedArchive, match="does not hold"):
        layout.read(layout.index(elsewhere))
    with pytest.raises(MalformedArchive, match="does not hold"):
        layout.read(elsewhere)


def test_each_digest_is_visited_once_however_often_it_is_named():
    layout = Layout()
    lost = described(b"lost", OCI_MANIFEST)
    held, broken = layout.image(), lost
    for _ in range(4):
        held, broken = layout.index(*[held] * 100), layout.index(*[broken] * 100)

    assert len(layout.read(held).images) == 1
    with pytest.raises(MalformedArchive, match="does not hold"):
        layout.read(broken)


def test_indexes_are_followed_to_a_bounded_depth():
    layout = Layout()
    entry = layout.image()
    for _ in range(4):
        entry = layout.index(entry)
    assert layout.read(entry).images
    with pytest.raises(LimitExceeded, match="index_depth"):
        layout.read(layout.index(entry))


def test_a_layout_of_another_version_is_refused():
    layout = Layout()
    image = layout.image()
    layout.files["oci-layout"] = b'{"imageLayoutVersion":"99.0.0"}'
    with pytest.raises(MalformedArchive, match=r"is '99\.0\.0'"):
        layout.read(image)


def test_a_layout_without_its_version_is_read_and_told():
    layout = Layout()
    contents = layout.read(layout.image(), without=lambda name: name == "oci-layout")
    assert contents.images
    assert [note.where for note in contents.notes] == ["oci-layout"]


@pytest.mark.parametrize("entries", [[], [described(b"", "text/plain")]], ids=["none", "unknown type"])
def test_a_layout_without_an_image_is_refused(entries):
    with pytest.raises(MalformedArchive, match="names no image"):
        Layout().read(*entries)


def test_bad_and_double_names_are_told():
    layout = Layout()
    image = layout.image()
    names = ["../../x", "<b>", "ok", "ok"]
    entries = [{**image, "annotations": {"org.opencontainers.image.ref.name": name}} for name in names]

    contents = layout.read(*entries)
    assert [str(name) for name in contents.images[0].references] == ["ok:latest"]
    assert len(contents.notes) == 3


def test_an_artifact_is_kept_as_what_it_is():
    layout = Layout()
    empty = layout.blob(b"{}", "application/vnd.oci.empty.v1+json")
    contents = layout.read(layout.image(config=empty, artifactType="application/x-thing"))

    assert contents.images == ()
    assert [(document.kind, len(document.blobs)) for document in contents.documents] == [("artifact", 2)]


def test_an_encrypted_layer_is_refused_by_name():
    layout = Layout()
    layer = layout.blob(LAYER, OCI_LAYER + "+encrypted")
    with pytest.raises(UnsupportedArchive, match="it needs a key"):
        layout.read(layout.image(layers=[layer]))


def test_a_blob_of_an_algorithm_that_is_not_kept_is_refused_by_name():
    layout = Layout()
    layer = {**layout.blob(LAYER, OCI_LAYER), "digest": "sha512:" + "0" * 128}
    with pytest.raises(UnsupportedArchive, match="kept by sha256 only"):
        layout.read(layout.image(layers=[layer]))


def test_a_media_type_that_the_bytes_contradict_is_told():
    layout = Layout()
    layer = layout.blob(LAYER, OCI_LAYER + "+gzip")
    contents = layout.read(layout.image(layers=[layer]))
    assert [note.note for note in contents.notes] == ["the media type says gzip, the bytes are plain"]


def test_embedded_data_is_held_against_the_digest():
    layout = Layout()
    bad = {**layout.blob(config(LAYER), OCI_CONFIG), "data": base64.b64encode(b"evil").decode()}
    with pytest.raises(DigestMismatch, match=r"config\.data"):
        layout.read(layout.image(config=bad))


def test_both_tables_of_contents_must_agree():
    layout = Layout()
    image = layout.image()
    path, blob = f"blobs/sha256/{Digest.of(config(LAYER)).hex}", f"blobs/sha256/{Digest.of(LAYER).hex}"
    files = {**layout.files, "index.json": json.dumps({"schemaVersion": 2, "manifests": [image]}).encode()}
    entry = {"Config": path, "RepoTags": ["test:1"], "Layers": [blob]}

    files["manifest.json"] = json.dumps([entry]).encode()
    (found,) = read(*files.items()).images
    assert (found.manifest_digest, str(found.references[0])) == (image["digest"], "test:1")

    files["manifest.json"] = json.dumps([{**entry, "Layers": ["00/layer.tar"]}]).encode()
    with pytest.raises(MalformedArchive, match="different layers"):
        read(*files.items(), ("00/layer.tar", LAYER))
    second = config(LAYER, author="somebody else")
    files["manifest.json"] = json.dumps([{**entry, "Config": "other.json"}]).encode()
    with pytest.raises(MalformedArchive, match=r"stands in manifest\.json only"):
        read(*files.items(), ("other.json", second))


def test_a_legacy_archive_is_held_against_the_same_rules():
    top, base = "a" * 64, "b" * 64
    names = json.dumps({"old": {"1": top}}).encode()

    def legacy(*members: tuple[str, bytes]) -> list[str]:
        return [str(name) for name in read(("repositories", names), *members).images[0].references]

    layers = [(f"{identifier}/layer.tar", LAYER) for identifier in (top, base)]
    child = (f"{top}/json", json.dumps({"id": top, "parent": base}).encode())
    assert legacy(child, (f"{base}/json", b"{}"), *layers) == ["old:1"]
    with pytest.raises(MalformedArchive, match=f"does not hold {base}/json"):
        legacy(child, *layers)
    with pytest.raises(MalformedArchive, match="its own ancestor"):
        legacy(child, (f"{base}/json", json.dumps({"parent": top}).encode()), *layers)
    with pytest.raises(MalformedArchive, match="64 hex digits were expected"):
        legacy((f"{top}/json", b'{"parent":"../../etc"}'), *layers)


def test_no_symlink_leads_out_of_a_directory(tmp_path):
    (tmp_path / "secret").write_bytes(b"[]")
    directory = tmp_path / "layout"
    (directory / "real").mkdir(parents=True)
    (directory / "manifest.json").symlink_to(tmp_path / "secret")
    (directory / "elsewhere").symlink_to(tmp_path)
    (directory / "real/file").write_bytes(b"content")
    (directory / "link").symlink_to("real/file")
    source = DirectorySource(directory, Limits())

    assert source.names() == {"real/file", "link"}
    assert source.find("link").read(Limits(), "link") == b"content"
    assert source.find("elsewhere/secret") is None
    with pytest.raises(MalformedArchive, match="leads out of the archive"):
        source.find("manifest.json")
    with pytest.raises(UnsupportedArchive, match="nothing is in it"):
        read_contents(source, Limits())


def test_members_outside_are_no_members():
    assert read(("../manifest.json", b"[]"), ("./etc/passwd", b"root")).format == "rootfs"
