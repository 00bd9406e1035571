"""``load``: archives in by path, directory or standard input, and errors in a sentence."""

import tarfile

import pytest

from layers.models import Blob, Image
from tests.commands.conftest import GOLDEN

NGINX = GOLDEN / "01-webserver" / "image.tar"
BY_ID = GOLDEN / "10-formats" / "by-id.tar"
OCI = GOLDEN / "10-formats" / "oci-gzip.tar"


def test_names_are_printed_as_docker_prints_them(db, output):
    assert output("load", str(NGINX)) == "Loaded image: nginx:latest\nLoaded image: nginx:v2\n"


def test_an_image_without_a_name_is_printed_by_its_id(db, output):
    image_id = "sha256:4d073c3944b46345a50c894090137c10cfc5ddff431ca2b6f80b4c06924fcc88"

    assert output("load", "--input", str(BY_ID)) == f"Loaded image ID: {image_id}\n"


def test_json_says_name_and_id(db, rows):
    assert [row["Name"] for row in rows("load", str(NGINX))] == ["nginx:latest", "nginx:v2"]


def test_a_layout_directory_is_loaded(db, output, tmp_path):
    with tarfile.open(OCI) as archive:
        archive.extractall(tmp_path / "layout", filter="data")

    assert output("load", str(tmp_path / "layout")).startswith("Loaded image")


def test_a_bad_file_does_not_keep_the_next_out(db, output, tmp_path, capsys):
    bad = tmp_path / "bad.tar"
    bad.write_bytes(b"no archive at all")
    with pytest.raises(SystemExit) as exit:
        output("load", str(bad), str(tmp_path / "missing.tar"), str(NGINX))

    assert exit.value.code == 1
    assert Image.objects.count() == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith(f"'{bad}': The file is no tar")
    assert second == f"'{tmp_path / 'missing.tar'}': No such file or directory"


def test_a_refused_file_leaves_nothing(db, output):
    with pytest.raises(SystemExit):
        output("load", str(GOLDEN / "13-handmade-tars" / "truncated.tar"))

    assert not Image.objects.exists()
    assert not Blob.objects.exists()


def test_standard_input_is_an_archive_too(program):
    result = program("load", "-", input=NGINX.read_bytes())

    assert result.stdout == b"Loaded image: nginx:latest\nLoaded image: nginx:v2\n"
    assert program("images", "-q").stdout == b"1c9f65dc7733\nc30ab78a077a\n"
    assert program("diff", "nginx:v2").stdout.startswith(b"C /root\nA /root/.bash_history\n")
    assert program("cat", "nginx", "/etc/passwd").stdout.startswith(b"root:x:0:0:")


def test_an_error_is_a_sentence_and_exit_code_one(program):
    result = program("history", "nginx")

    assert result.returncode == 1
    assert result.stdout == b""
    assert result.stderr == b"CommandError: No image is called 'nginx': the library is empty.\n"


def test_a_library_without_tables_says_what_to_do(program, data_dir):
    (data_dir / "db.sqlite3").unlink()
    result = program("images")

    assert result.returncode == 1
    assert b"manage.py migrate" in result.stderr
    assert b"Traceback" not in result.stderr


def test_output_is_utf_8_in_every_locale(program):
    program("load", str(NGINX)).check_returncode()
    ascii_only = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}

    assert "修改了默认网页".encode() in program("history", "nginx:v2", env=ascii_only).stdout
