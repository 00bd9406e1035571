"""``cp`` in both directions, by the rules of docker cp; ``-`` is a tar."""

import io
import os
import stat
import tarfile

import pytest
from django.core.management import CommandError

from layers.models import Container
from layers.operations.create_container import create_container
from layers.operations.edit_container import make_symlink
from layers.operations.write_file import write_file
from layers.queries.container_files import open_container_file
from layers.queries.container_tree import container_lookup, container_walk
from tests.oci.tars import member, tar

T = 1_500_000_000


@pytest.fixture
def web(load) -> Container:
    image = load("15").images[0]
    return create_container(image=image, name="web")


@pytest.fixture
def folder(tmp_path):
    """A directory with a file, a symlink and a directory in it."""
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "f").write_text("file")
    (folder / "inner" / "g").write_text("deeper")
    (folder / "s").symlink_to("f")
    (folder / "f").chmod(0o640)
    os.utime(folder / "f", (T, T))
    return folder


def content(container: Container, path: str) -> bytes:
    return b"".join(open_container_file(container.__class__.objects.get(), path.encode()).chunks())


def paths(container: Container, below: str) -> list[str]:
    return [row.path.decode() for row in container_walk(Container.objects.get(), below.encode())]


class TestIn:
    @pytest.mark.parametrize(
        ("target", "path"),
        [
            ("/srv/www/index.html", "srv/www/index.html"),
            ("/srv/www", "srv/www/f"),
            ("srv/www/", "srv/www/f"),
            ("/srv/current/named", "srv/www/named"),
            ("/new", "new"),
            ("/", "f"),
        ],
    )
    def test_where_a_file_goes(self, web, folder, output, target, path):
        assert output("cp", str(folder / "f"), f"web:{target}") == ""
        entry = container_lookup(Container.objects.get(), path.encode()).entry

        assert content(web, path) == b"file"
        assert (entry.mode, entry.uid, entry.gid, entry.mtime) == (0o640, 0, 0, T)

    @pytest.mark.parametrize(
        ("source", "target", "top"),
        [
            ("folder", "/srv/www", "srv/www/folder"),
            ("folder/", "/srv/www", "srv/www/folder"),
            ("folder/.", "/srv/new", "srv/new"),
            ("folder", "/srv/new", "srv/new"),
            ("folder/.", "/srv/cache", "srv/cache"),
        ],
    )
    def test_where_a_directory_goes(self, web, folder, output, source, target, top):
        output("cp", f"{folder.parent}/{source}", f"web:{target}")
        found = [path for path in paths(web, top) if "folder" in path or "keep" not in path]

        assert found == [f"{top}/{name}" for name in ("f", "inner", "inner/g", "s")]
        assert container_lookup(Container.objects.get(), f"{top}/s".encode()).entry.linkname == b"f"

    def test_a_symlink_is_copied_itself_unless_it_is_followed(self, web, folder, output):
        output("cp", str(folder / "s"), "web:/one")
        output("cp", "-L", str(folder / "s"), "web:/two")

        assert container_lookup(Container.objects.get(), b"one").entry.linkname == b"f"
        assert content(web, "two") == b"file"

    def test_owners_are_kept_on_demand(self, web, folder, output):
        output("cp", "--archive", str(folder / "f"), "web:/f")
        entry = container_lookup(Container.objects.get(), b"f").entry

        assert (entry.uid, entry.gid) == (os.getuid(), os.getgid())

    @pytest.mark.parametrize(
        ("source", "target", "message"),
        [
            ("none", "web:/", "lstat .*/none: no such file or directory"),
            ("folder", "web:/pause", "cannot copy a directory to a file: '/pause'"),
            ("folder/f", "web:/no/where", "destination directory '/no' does not exist in web"),
            ("folder/f", "web:/none/", "destination directory '/none' does not exist in web"),
            ("folder/f", "none:/", "No such container: none"),
            ("folder", "web:/pause/x", "destination directory '/pause/x' does not exist"),
        ],
    )
    def test_what_cannot_be_copied(self, web, folder, output, source, target, message):
        with pytest.raises(CommandError, match=message):
            output("cp", f"{folder.parent}/{source}", target)


class TestOut:
    def test_a_file(self, web, tmp_path, output):
        write_file(container=web, path=b"srv/page", data=b"edited")
        output("cp", "web:/srv/page", str(tmp_path / "page"))
        output("cp", "web:srv/bin", str(tmp_path))

        assert (tmp_path / "page").read_bytes() == b"edited"
        assert (tmp_path / "bin").read_bytes() == b"bin\n"
        assert stat.S_IMODE((tmp_path / "bin").stat().st_mode) == 0o755
        assert (tmp_path / "bin").stat().st_mtime == 1_600_000_000

    @pytest.mark.parametrize(
        ("source", "target", "top"),
        [("/srv/www", "there", "there/www"), ("/srv/www/.", "there", "there"), ("/srv/www", "new", "new")],
    )
    def test_where_a_directory_goes(self, web, tmp_path, output, source, target, top):
        (tmp_path / "there").mkdir()
        output("cp", f"web:{source}", str(tmp_path / target))

        assert sorted(os.listdir(tmp_path / top)) == ["home.html", "index.html", "新页面.html"]

    def test_the_whole_root(self, web, tmp_path, output):
        output("cp", "web:/", str(tmp_path / "root"))

        assert (tmp_path / "root" / "etc" / "passwd").is_file()

    def test_a_symlink_is_copied_itself_unless_it_is_followed(self, web, tmp_path, output):
        make_symlink(container=web, path=b"s", target=b"srv/bin")
        output("cp", "web:/s", str(tmp_path / "one"))
        output("cp", "-L", "web:/s", str(tmp_path / "two"))

        assert os.readlink(tmp_path / "one") == "srv/bin"
        assert (tmp_path / "two").read_bytes() == b"bin\n"

    def test_nothing_is_written_through_a_symlink_that_was_copied(self, web, tmp_path, output):
        (tmp_path / "outside").mkdir()
        (tmp_path / "there").mkdir()
        (tmp_path / "there" / "www").symlink_to(tmp_path / "outside")
        output("cp", "web:/srv/www", str(tmp_path / "there"))

        assert os.listdir(tmp_path / "outside") == []
        assert (tmp_path / "there" / "www" / "index.html").is_file()

    @pytest.mark.parametrize(
        ("source", "target", "message"),
        [
            ("web:/none", "x", "Could not find the file /none in container web"),
            ("web:/pause", "new/", "destination directory '.*' does not exist"),
            ("web:/srv", "file", "cannot copy a directory to a file"),
            ("web:/pause", "no/where", "No such file or directory"),
            ("none:/pause", "x", "No such container: none"),
        ],
    )
    def test_what_cannot_be_copied(self, web, tmp_path, output, source, target, message):
        (tmp_path / "file").write_text("")
        with pytest.raises(CommandError, match=message):
            output("cp", source, f"{tmp_path}/{target}")


def test_between_two_containers_or_none(web, output):
    with pytest.raises(CommandError, match="copying between containers is not supported"):
        output("cp", "web:/a", "web:/b")
    with pytest.raises(CommandError, match="must specify at least one container source"):
        output("cp", "/a", "./web:b")


def test_tars_by_standard_input_and_output(program):
    golden = tar(member(b"f", b"one"))
    assert program("load", "-", input=rootfs()).returncode == 0
    image = program("images", "-q").stdout.decode().strip()
    assert program("create", "--name", "web", image).returncode == 0
    assert program("cp", "-", "web:/d", input=golden).returncode == 0
    refused = program("cp", "-", "web:/none", input=golden)
    written = program("cp", "web:/d", "-")

    assert refused.stderr.decode().strip().endswith("destination 'web:/none' must be a directory")
    with tarfile.open(fileobj=io.BytesIO(written.stdout)) as archive:
        assert archive.getnames() == ["d", "d/f"]
        assert archive.extractfile("d/f").read() == b"one"


def rootfs() -> bytes:
    return tar(member(b"d/", kind=b"5", mode=0o755), member(b"etc/passwd", b"root:x:0:0::/:\n"))
