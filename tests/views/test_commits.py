"""The page that commits a container: what it shows, what it refuses, and what it makes."""

import json
import re
from html import unescape
from urllib.parse import quote_from_bytes

import pytest

from layers.models import Commit, Container, Image
from layers.operations.commit_container import commit_container
from layers.operations.create_container import create_container
from layers.operations.edit_container import remove_paths
from layers.operations.import_archive import import_archive
from layers.operations.write_file import write_file
from layers.queries.commit_plan import CommitOptions
from layers.queries.commit_preview import preview_commit
from layers.queries.images import find_image
from layers.queries.tree import walk
from layers.storage import blob_path, open_blob
from tests.views.conftest import GOLDEN
from tests.views.test_hostile_text import EVIL

HTMX = {"HX-Request": "true"}


@pytest.fixture
def container(nginx) -> Container:
    container = create_container(image=find_image("nginx:latest"), name="web")
    write_file(container=container, path=b"root/.bash_history", data=b"ls\n")
    write_file(container=container, path=b"etc/motd", data=b"Hello\n")
    remove_paths(container=container, paths=[b"usr/share/nginx/html/50x.html"])
    return container


@pytest.fixture
def address(container) -> str:
    return f"/containers/{container.short_id}/commit/"


def text_of(response) -> str:
    """The words of a page, without its markup."""
    return " ".join(unescape(re.sub("<[^>]*>", " ", response.content.decode())).split())


def config_of(image: Image):
    with open_blob(image.image_id) as file:
        return json.load(file)


def committed(response) -> Image:
    assert response.status_code == 303, text_of(response)
    digest = re.match(r"/images/([0-9a-f]+)/", response.headers["Location"])[1]
    return Image.objects.get(image_id=f"sha256:{digest}")


def test_page_shows_what_a_commit_makes(client, container, address):
    preview = preview_commit(container, CommitOptions())
    text = text_of(client.get(address))

    assert f"{len(preview.entries)} entries in the layer" in text
    assert "usr/share/nginx/html/.wh.50x.html" in text
    assert "whiteout: deletes 50x.html" in text
    assert "The new image will run" in text
    assert "/root/.bash_history" in text
    assert "FROM nginx:latest" in text
    assert "docker commit web" in text


@pytest.mark.parametrize("nothing", ["", "/"])
def test_the_root_is_not_left_out(client, container, address, nothing):
    image = committed(client.post(address, {"leave_out": nothing, "stand": "new"}))

    assert image.image_layers.count() == container.image.image_layers.count() + 1
    assert image.commits.get().left_out == []


def test_page_says_what_standing_on_the_new_image_keeps(client, address):
    assert "only what is left out of the layer stays changed then" in text_of(client.get(address))


def test_of_very_many_fields_some_are_shown(client, container, address):
    response = client.post(f"{address}preview/", {"as": "lines", "lines": "EXPOSE 1-65535"})

    assert re.search(r"65\W?5\d\d fields differ", text_of(response))
    assert response.content.count(b"config.ExposedPorts.") < 500


def test_commit_makes_the_image_and_leads_to_its_page(client, container, address):
    response = client.post(
        address,
        {"name": "nginx:v9", "author": "Ann", "message": "why\r\nnot", "CMD": "nginx -t", "stand": "old"},
    )
    image = committed(response)

    assert image == find_image("nginx:v9")
    assert config_of(image)["config"]["Cmd"] == ["/bin/sh", "-c", "nginx -t"]
    assert config_of(image)["history"][-1]["comment"] == "why\nnot"
    text = text_of(client.get(response.headers["Location"]))
    assert "web is committed as nginx:v9" in text
    assert "docker commit --change 'CMD nginx -t' --author Ann --message" in text
    assert "upon nginx" in text
    assert client.get(f"/images/{image.image_id[7:]}/history/").status_code == 200


def test_new_image_leads_to_both_histories(client, container, address):
    html = client.get(client.post(address, {"name": "a:1"}).headers["Location"]).content.decode()
    link = re.search(r'href="(/history/compare/[^"]*)"', html)[1].replace("&amp;", "&")

    assert "9 steps that both have" in text_of(client.get(link))


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "Nginx", "the repository must be lower-case"),
        ("name", "a:b:c", "is no image name"),
        ("author", "x" * 256, "An author has at most 255 characters."),
        ("author", "a\0b", "It holds a NUL character"),
        ("message", "a\0b", "It holds a NUL character"),
        ("STOPSIGNAL", "BOGUS", "Invalid signal: BOGUS"),
        ("EXPOSE", "x", "Invalid containerPort: x"),
        ("CMD", "[1]", "when using JSON array syntax, arrays must be comprised of strings only"),
        ("health_interval", "5", "Missing command after HEALTHCHECK CMD"),
        ("ENV_name", "a=b", "'a=b' is no name for ENV"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_committed(
    client, container, address, field, value, sentence, headers
):
    images = Image.objects.count()
    sent = {"author": "Ann", "message": "kept", "ENV_value": "", field: value}
    response = client.post(address, sent, headers=headers)

    assert response.status_code == 422
    assert sentence in text_of(response)
    assert "kept" in response.content.decode() or field == "message"
    assert Image.objects.count() == images


def test_lines_are_told_by_their_number(client, container, address):
    sent = {"as": "lines", "lines": "ENV A=1\r\nCOPY a b\r\nUSER x"}
    response = client.post(address, sent)

    assert response.status_code == 422
    assert "Line 2: copy is not a valid change command" in text_of(response)
    assert "COPY a b" in response.content.decode()
    assert Container.objects.get().config_changes == []


def test_lines_are_kept_as_they_were_written(client, container, address):
    lines = ["# why", "ENV A=1 \\", "    B=$PATH", "USER app"]
    client.post(address + "preview/", {"as": "lines", "lines": "\r\n".join(lines)})
    assert Container.objects.get().config_changes == lines

    client.post(address + "preview/", {"as": "lines", "lines": "\n".join(lines), "switch": "form"})
    assert Container.objects.get().config_changes == lines

    image = committed(client.post(address, {"as": "lines", "lines": "\n".join(lines)}))
    config = config_of(image)["config"]
    path = dict(line.partition("=")[::2] for line in config["Env"])["PATH"]
    assert f"B={path}" in config["Env"]
    assert config["User"] == "app"


def test_comments_alone_change_nothing(client, container, address):
    image = committed(client.post(address, {"as": "lines", "lines": "# nothing\n"}))

    assert config_of(image)["config"]["Env"] == config_of(container.image)["config"]["Env"]


def test_fields_and_lines_are_two_views_of_the_same(client, container, address):
    sent = {
        "as": "form",
        "ENV_name": ["A", ""],
        "ENV_value": ["two words", ""],
        "USER": "app",
        "health_retries": "2",
        "HEALTHCHECK": "true",
    }
    lines = client.post(address + "preview/", sent | {"switch": "lines"}).content.decode()

    assert Container.objects.get().config_changes == [
        'ENV A="two words"',
        "USER app",
        "HEALTHCHECK --retries=2 CMD true",
    ]
    assert "HEALTHCHECK --retries=2 CMD true</textarea>" in lines
    back = client.post(
        address + "preview/",
        {"as": "lines", "lines": "\n".join(Container.objects.get().config_changes), "switch": "form"},
    ).content.decode()
    assert 'name="ENV_value" value="two words"' in back
    assert 'name="health_retries" value="2"' in back


def test_fields_that_are_wrong_stay_in_view_when_the_view_is_changed(client, container, address):
    html = client.post(
        address + "preview/", {"as": "form", "USER": "a\\", "switch": "lines"}
    ).content.decode()

    assert 'name="USER" value="a\\"' in html


def test_preview_keeps_drafts_and_commits_nothing(client, container, address):
    images = Image.objects.count()
    response = client.post(
        address + "preview/", {"author": "Ann", "message": "why", "CMD": "x", "name": "Bad"}
    )

    kept = Container.objects.get()
    assert (kept.author, kept.message, kept.config_changes) == ("Ann", "why", ["CMD x"])
    assert response.status_code == 200
    assert "the repository must be lower-case" in text_of(response)
    assert Image.objects.count() == images
    assert 'value="Ann"' in client.get(address).content.decode()


def test_preview_that_is_asked_for_again_is_the_page(client, address):
    response = client.get(address + "preview/")

    assert (response.status_code, response.headers["Location"]) == (302, address)


def test_htmx_gets_the_form_alone(client, address):
    html = client.post(address + "preview/", {}, headers=HTMX).content.decode()

    assert html.lstrip().startswith("<form")
    assert "<html" not in html


def test_ticked_paths_are_left_out(client, container, address):
    sent = {"leave_out": "root/.bash_history"}
    text = text_of(client.post(address + "preview/", sent))
    image = committed(client.post(address, sent))

    assert "saves 3 B" in text
    assert "manage.py commit --leave-out /root/.bash_history web" in text
    assert "docker commit" not in text
    assert b"root/.bash_history" not in {row.path for row in walk_of(image)}
    assert "1 path was left out." in text_of(client.get(f"/images/{image.image_id[7:]}/"))


def walk_of(image: Image):
    return walk(image, image.image_layers.count() - 1)


def test_all_can_be_ticked_at_once(client, container, address):
    html = client.post(address + "preview/", {"leave_all": "1"}).content.decode()

    assert 'value="root/.bash_history" checked' in html


def test_path_of_any_bytes_can_be_left_out(client, container, address):
    write_file(container=container, path=b"tmp/\xff\n%2F", data=b"x")
    write_file(container=container, path=b"\xfe.log", data=b"x")
    html = client.get(address).content.decode()
    value = quote_from_bytes(b"\xfe.log")

    assert f'value="{value}"' in html
    image = committed(client.post(address, {"leave_out": [value, "tmp"]}))
    assert not {path for path in (row.path for row in walk_of(image)) if path.startswith(b"\xfe")}


def test_many_findings_are_cut(client, container, address):
    for number in range(3):
        write_file(container=container, path=b"%d.log" % number, data=b"x")
    html = client.get(address).content.decode()

    assert html.count('name="leave_out"') == 4


def test_taken_name_is_told_before_it_moves(client, container, address):
    text = text_of(client.post(address + "preview/", {"name": "nginx:v2"}))
    old = find_image("nginx:v2")

    assert "docker.io/library/nginx:v2" in text
    assert f"nginx:v2 names image {old.image_id[7:19]} now" in text
    assert "The old image stays, as <none>." in text
    assert committed(client.post(address, {"name": "nginx:v2"})) == find_image("nginx:v2") != old


def test_edit_by_somebody_else_is_told_and_the_form_kept(client, container, address):
    seen = re.search(r'name="revision" value="(\d+)"', client.get(address).content.decode())[1]
    write_file(container=container, path=b"etc/other", data=b"x")
    sent = {"revision": seen, "name": "a:1", "message": "mine"}
    response = client.post(address, sent)
    html = response.content.decode()

    assert response.status_code == 409
    assert "web was edited meanwhile" in html
    assert 'value="a:1"' in html
    assert "mine</textarea>" in html
    assert "etc/other" in html
    again = re.search(r'name="revision" value="(\d+)"', html)[1]
    assert committed(client.post(address, sent | {"revision": again})) == find_image("a:1")


@pytest.mark.parametrize("revision", ["x", "-1", "²", "0 or 1=1"])
def test_a_revision_that_is_none_makes_no_image(client, container, address, revision):
    response = client.post(address, {"revision": revision, "name": "a:1", "message": "mine"})

    assert response.status_code == 409
    assert "mine</textarea>" in response.content.decode()
    assert not Commit.objects.exists()


def test_container_may_stand_on_the_new_image(client, container, address):
    response = client.post(address, {"stand": "new"})

    container.refresh_from_db()
    assert container.image == committed(response)
    assert "stood on this image afterwards" in text_of(client.get(response.headers["Location"]))


def test_commit_of_nothing_says_that_there_is_no_layer(client, nginx):
    container = create_container(image=nginx, name="empty")
    address = f"/containers/{container.container_id}/commit/"

    assert "A row of history, and no layer" in text_of(client.get(address))
    response = client.post(address, {"message": "only a note"})
    assert "one row of history more, and the same layers" in text_of(client.get(response.headers["Location"]))


def test_reproducible_commits_are_one_image(client, container, address):
    images = {committed(client.post(address, {"reproducible": "on"})) for _ in range(2)}

    assert len(images) == 1
    assert "--reproducible" in text_of(client.get(f"/images/{images.pop().image_id[7:]}/"))


def test_unknown_container_is_not_found(client, db, data_dir):
    assert client.get(f"/containers/{'0' * 64}/commit/").status_code == 404
    assert client.post(f"/containers/{'0' * 64}/commit/preview/").status_code == 404


def test_hostile_texts_stay_texts(client, data_dir, db):
    import_archive(GOLDEN / "01-webserver" / "image.tar")
    container = create_container(image=find_image("nginx:v2"), name="web")
    address = f"/containers/{container.container_id}/commit/"
    write_file(container=container, path=EVIL.encode().replace(b"/", b"-"), data=b"x")
    sent = {
        "name": EVIL,
        "author": EVIL,
        "message": f"{EVIL}</textarea>\u202e",
        "LABEL_name": EVIL.replace("=", "-"),
        "LABEL_value": EVIL,
        "CMD": EVIL,
        "USER": EVIL.replace('"', ""),
    }
    pages = [
        client.post(address + "preview/", sent),
        client.post(address + "preview/", sent | {"switch": "lines"}),
    ]
    response = client.post(address, sent | {"name": "evil:1"})
    image = committed(response)
    pages += [
        client.get(response.headers["Location"]),
        client.get(address),
        client.get(f"/containers/{container.container_id}/dockerfile/"),
        client.get(f"/history/compare/?a=nginx:v2&b={image.image_id}"),
    ]

    for answer in pages:
        html = answer.content.decode()
        assert answer.status_code == 200
        assert "<script>alert" not in html
        assert "<img src=x" not in html
    assert config_of(image)["config"]["Labels"][EVIL.replace("=", "-")] == EVIL


def test_config_of_another_shape_is_shown(client, db, data_dir):
    import_archive(GOLDEN / "09-config" / "image.tar")
    for image in Image.objects.all():
        container = create_container(image=image)
        response = client.get(f"/containers/{container.container_id}/commit/")

        assert response.status_code == 200


def test_dockerfile_of_a_container_has_its_page_and_its_files(client, container):
    own = f"/containers/{container.container_id}/dockerfile/"
    text = text_of(client.get(own))
    context = b"".join(client.get(own + "context/").streaming_content)

    assert "RUN rm -rf /usr/share/nginx/html/50x.html" in text
    assert "manage.py dockerfile web --output - | docker build" in text
    assert b"rootfs/etc/motd" in context


def test_dockerfile_leaves_out_what_the_commit_leaves_out(client, container, address):
    html = client.post(address + "preview/", {"leave_out": "root/.bash_history"}).content.decode()
    link = re.search(r'href="([^"]*/dockerfile/\?[^"]*)"', html)[1]
    answer = client.get(link).content.decode()
    context = re.search(r'href="([^"]*/context/\?[^"]*)"', answer)[1]

    assert "Left out:" in answer
    assert b".bash_history" not in b"".join(client.get(context).streaming_content)


def test_damaged_content_is_told_and_nothing_committed(client, container, address):
    digest = container.upper_rows.get(path=b"etc/motd").content.digest
    blob_path(digest).chmod(0o600)
    blob_path(digest).write_bytes(b"evil!\n")
    images = Image.objects.count()
    response = client.post(address, {"name": "a:1"})

    assert response.status_code == 422
    assert "was changed in the blob store" in text_of(response)
    assert Image.objects.count() == images


def test_layer_of_many_entries_is_shown_in_pages(client, container, address):
    for number in range(120):
        write_file(container=container, path=b"etc/%03d" % number, data=b"x")
    first, second = client.get(address), client.post(address + "preview/", {"offset": "100"})

    assert "1–100 of 129" in text_of(first)
    assert "101–129 of 129" in text_of(second)
    assert "etc/119" in text_of(second)


def test_container_that_was_committed_by_command_tells_it_too(client, container):
    image = commit_container(container=container, author="Ann", move_container=True)

    assert "Committed from web" in text_of(client.get(f"/images/{image.image_id[7:]}/"))


def test_short_form_keeps_the_changes_that_are_drafted(client, container, address):
    client.post(address + "preview/", {"as": "lines", "lines": "# why\nUSER app"})
    short = client.get(address, headers=HTMX | {"HX-Target": "ask"}).content.decode()
    image = committed(client.post(address, {"as": "kept", "name": "short:1", "message": "quick"}))

    assert short.lstrip().startswith('<form id="ask"')
    assert "1 config change" in short
    assert config_of(image)["config"]["User"] == "app"
    assert Container.objects.get().config_changes == ["# why", "USER app"]


def test_layer_of_an_image_has_a_dockerfile_and_its_files(client, nginx):
    image = f"/images/{nginx.image_id[7:]}/"
    address = f"{image}layers/4/dockerfile/"
    text = text_of(client.get(address))
    context = b"".join(client.get(address + "context/").streaming_content)

    assert "FROM nginx:latest COPY rootfs/ /" in text
    assert "manage.py dockerfile --layer 4 nginx:v2" in text
    assert b"rootfs/usr/share/nginx/html/index.html" in context
    assert f'href="{address}"' in client.get(image).content.decode()
    assert client.get(f"{image}layers/9/dockerfile/").status_code == 404


def test_hostile_layers_have_a_dockerfile(client, db, data_dir):
    for case in ("07-names", "04-hardlinks", "08-special", "02-delete-opaque", "03-typeswap-symlink"):
        import_archive(GOLDEN / case / "image.tar")
    for image in Image.objects.all():
        for position in range(image.image_layers.count()):
            address = f"/images/{image.image_id[7:]}/layers/{position}/dockerfile/"
            assert client.get(address).status_code == 200
            assert b"".join(client.get(address + "context/").streaming_content)
