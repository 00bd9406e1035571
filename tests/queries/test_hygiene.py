"""What a commit would better leave out, and what to know before it."""

import pytest

from layers.models import Container
from layers.operations.create_container import create_container
from layers.operations.edit_container import make_directory, remove_paths
from layers.operations.import_archive import import_archive
from layers.operations.write_file import write_file, write_files
from layers.queries.commit_guards import MOST_LAYERS, check_guards
from layers.queries.commit_plan import CommitOptions, plan_commit
from layers.queries.hygiene import LARGE_SIZE, check_hygiene
from layers.queries.hygiene_rules import first_rule
from layers.queries.images import find_image
from tests.layered import import_layers
from tests.oracle.golden import GOLDEN


@pytest.fixture
def container(db) -> Container:
    import_archive(GOLDEN / "01-webserver" / "image.tar")
    return create_container(image=find_image("nginx:v2"), name="webserver")


def put(container: Container, **files: bytes) -> None:
    write_files(
        container=container,
        directory=b"",
        files=[(name.replace("__", "/").encode(), data) for name, data in files.items()],
    )


def kinds(container: Container):
    return [(finding.kind, finding.path) for finding in check_hygiene(container)]


@pytest.mark.parametrize(
    ("path", "kind", "left_out"),
    [
        (b"root/.bash_history", "history", b"root/.bash_history"),
        (b"home/ann/.python_history", "history", b"home/ann/.python_history"),
        (b"var/lib/apt/lists/deb.example_dists", "cache", b"var/lib/apt/lists"),
        (b"var/cache/apk/APKINDEX.tar.gz", "cache", b"var/cache/apk"),
        (b"var/cache/dnf/x/y", "cache", b"var/cache/dnf"),
        (b"root/.cache/pip/http/a", "cache", b"root/.cache"),
        (b"root/.npm/_cacache/a", "cache", b"root/.npm"),
        (b"app/a/__pycache__/x.pyc", "cache", b"app/a/__pycache__"),
        (b"tmp/x", "temporary", b"tmp"),
        (b"var/tmp/x", "temporary", b"var/tmp"),
        (b"var/log/nginx/error.log", "log", b"var/log"),
        (b"srv/app/debug.log", "log", b"srv/app/debug.log"),
        (b"root/.ssh/id_ed25519", "secret", b"root/.ssh/id_ed25519"),
        (b"root/.ssh/work", "secret", b"root/.ssh/work"),
        (b"root/.aws/credentials", "secret", b"root/.aws/credentials"),
        (b"srv/app/.env", "secret", b"srv/app/.env"),
        (b"etc/ssl/private/site.key", "secret", b"etc/ssl/private/site.key"),
        (b"etc/nginx/nginx.conf~", "backup", b"etc/nginx/nginx.conf~"),
        (b"etc/.nginx.conf.swp", "backup", b"etc/.nginx.conf.swp"),
        (b"etc/passwd.bak", "backup", b"etc/passwd.bak"),
    ],
)
def test_paths_that_say_what_they_are(path, kind, left_out):
    found = first_rule(path)

    assert found is not None
    assert (found[0].kind, found[1]) == (kind, left_out)


@pytest.mark.parametrize(
    "path",
    [
        *(
            b"etc/nginx/nginx.conf",
            b"root/.ssh/authorized_keys",
            b"root/.ssh/id_rsa.pub",
            b"srv/.env.example",
        ),
        *(b"tmpfiles/x", b"var/cache/nginx/x", b"usr/share/keyrings/x.gpg", b"var/logs/x", b"catalog", b""),
    ],
)
def test_paths_that_nobody_minds(path):
    assert first_rule(path) is None


def test_findings_tell_sizes_and_come_with_the_worst_first(container):
    put(container, tmp__a=b"123", tmp__b=b"4567", srv__page=b"x", root____notes=b"x")
    write_file(container=container, path=b"root/id_rsa", data=b"key")

    findings = check_hygiene(container)

    assert [(f.kind, f.path, f.size, f.count, f.can_leave_out) for f in findings] == [
        ("secret", b"root/id_rsa", 3, 1, True),
        ("temporary", b"tmp", 7, 2, True),
    ]


def test_keys_and_tokens_are_found_in_what_files_hold(container):
    put(
        container,
        a=b"x\n-----BEGIN RSA PRIVATE KEY-----\n",
        b=b"token=ghp_" + b"a" * 36,
        c=b"AKIAIOSFODNN7EXAMPLE",
        d=b"-----BEGIN CERTIFICATE-----",
    )

    assert kinds(container) == [("secret", b"a"), ("secret", b"b"), ("secret", b"c")]


def test_what_the_image_has_already_stays_in_it(container):
    write_file(container=container, path=b"root/.bash_history", data=b"ls\n")

    (finding,) = check_hygiene(container)

    assert finding.kind == "history"
    assert "stays" in finding.note


def test_deleting_a_secret_buries_it(container):
    remove_paths(container=container, paths=[b"root/.bash_history", b"usr/share/nginx/html/50x.html"])

    (finding,) = check_hygiene(container)

    assert (finding.kind, finding.path, finding.can_leave_out) == ("buried", b"root/.bash_history", False)
    assert finding.size > 0


def test_large_files_are_told(container):
    write_file(container=container, path=b"big", data=(bytes(2**20) for _ in range(LARGE_SIZE // 2**20)))

    assert kinds(container) == [("large", b"big")]


def test_nothing_edited_is_clean(container):
    make_directory(container=container, path=b"srv")

    assert check_hygiene(container) == []


def guards(container: Container, *changes: str):
    return check_guards(
        plan_commit(container, CommitOptions(changes=changes, created="2026-01-01T00:00:00Z"))
    )


def test_edits_under_a_volume_are_told(container):
    put(container, data__x=b"x", database=b"x")

    volume, command = guards(container, "VOLUME /data")

    assert (volume.kind, volume.paths) == ("volume", (b"data/x",))
    assert (command.kind, command.is_warning) == ("command", False)
    assert '["nginx", "-g", "daemon off;"]' in command.text


def test_command_that_is_changed_is_told(container):
    (command,) = guards(container, "CMD sleep 1")

    assert '["/bin/sh", "-c", "sleep 1"], which' in command.text


def test_secret_variables_are_told(container):
    kinds = [guard.kind for guard in guards(container, "ENV DB_PASSWORD=x HOME=/root")]

    assert kinds == ["variable", "command"]


def test_what_a_commit_loses_is_told(db):
    import_archive(GOLDEN / "09-config" / "image.tar")
    container = create_container(image=find_image("oracle/config:legacy"))

    lost = [guard.text for guard in guards(container) if guard.kind == "lost"]
    kept = [guard.text for guard in guards(container, 'SHELL ["/bin/sh"]') if guard.kind == "lost"]

    assert lost
    assert len([text for text in lost if "SHELL" in text]) == 1
    assert not [text for text in kept if "SHELL" in text]


def test_more_layers_than_docker_mounts_are_told(container, monkeypatch):
    put(container, a=b"x")
    monkeypatch.setattr("layers.queries.commit_guards.MOST_LAYERS", 5)

    depth, _command = guards(container)

    assert MOST_LAYERS == 125
    assert (depth.kind, "6 layers" in depth.text) == ("depth", True)


@pytest.mark.django_db
def test_an_image_without_a_command_is_told():
    container = create_container(image=import_layers({"etc/motd": b"hi"}))

    (command,) = guards(container)
    assert (
        command.text == "The new image names no command: to run it, say one, or set CMD or ENTRYPOINT here."
    )
    (command,) = guards(container, "CMD a b")
    assert "which a change here sets" in command.text
