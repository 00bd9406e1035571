"""Edits from the browser: every verb, with htmx and without scripts, and what is answered to a refusal."""

import io
import tarfile
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from layers.models import Container
from layers.operations.create_container import create_container
from layers.operations.edit_container import make_directory, remove_paths
from layers.operations.write_file import write_file
from layers.queries.container_changes import container_changes
from layers.queries.container_files import open_container_file
from layers.queries.container_tree import container_lookup
from layers.queries.uppers import open_upper

HTMX = {"HX-Request": "true"}
IN_DIALOG = HTMX | {"HX-Target": "ask"}
HOSTILE = b"a\xff<b>\x1b \"'&%2F+.txt"


@pytest.fixture
def container(nginx) -> Container:
    return create_container(image=nginx, name="web")


@pytest.fixture
def url(container) -> str:
    return f"/containers/{container.short_id}/"


@pytest.fixture
def changed(container):
    """What ``docker diff`` says by now, parents left out."""

    def lines() -> list[str]:
        container.refresh_from_db()
        return [
            f"{row.kind} /{row.path.decode()}"
            for row in container_changes(container).rows
            if "parent" not in row.reasons
        ]

    return lines


def at(path: bytes) -> str:
    return f"?path={quote(path)}"


VERBS = {
    "touch": ({"name": "new.txt"}, ["A /etc/new.txt"]),
    "mkdir": ({"name": "a/b"}, ["A /etc/a", "A /etc/a/b"]),
    "symlink": ({"name": "here", "target": "/nowhere"}, ["A /etc/here"]),
    "remove": ({"chosen": ["etc/passwd", "etc/group"]}, ["D /etc/group", "D /etc/passwd"]),
    "move": ({"chosen": "etc/passwd", "target": "/etc/users"}, ["D /etc/passwd", "A /etc/users"]),
    "copy": ({"chosen": "etc/passwd", "target": "/etc/users"}, ["A /etc/users"]),
    "chmod": ({"chosen": "etc/passwd", "mode": "600"}, ["C /etc/passwd"]),
    "chown": ({"chosen": "etc/passwd", "owner": "101:7"}, ["C /etc/passwd"]),
}


@pytest.mark.parametrize("verb", VERBS)
def test_verb_changes_what_docker_diff_says(client, url, changed, verb):
    fields, expected = VERBS[verb]
    response = client.post(f"{url}{verb}/?path=etc", fields)

    assert response.status_code == 303
    assert response.headers["Location"].startswith(url)
    assert changed() == expected


@pytest.mark.parametrize("verb", VERBS)
def test_htmx_gets_the_panes_and_is_told_where_they_go(client, url, verb):
    response = client.post(f"{url}{verb}/?path=etc", VERBS[verb][0], headers=IN_DIALOG)
    html = response.content.decode()

    assert response.headers["HX-Retarget"] == "#middle"
    assert '"edited": {"revision": 1}' in response.headers["HX-Trigger-After-Swap"]
    assert [
        html.count(f'<{part}"')
        for part in ('section id="middle', 'section id="rail', 'section id="tree-pane')
    ] == [1, 1, 1]
    assert html.count('hx-swap-oob="true"') == 5
    assert "<!doctype" not in html


def test_directories_that_are_open_stay_open(client, url):
    fields = {"name": "new.txt", "open": ["usr", "usr/share", "no/more"]}
    html = client.post(f"{url}touch/?path=etc", fields, headers=IN_DIALOG).content.decode()

    assert 'id="row-usr/share/nginx"' in html
    assert 'id="row-etc/new.txt"' in html
    assert 'id="row-var/log"' not in html


def test_new_file_is_opened(client, url):
    response = client.post(f"{url}touch/?path=etc", {"name": "new.txt"}, headers=IN_DIALOG)

    assert response.headers["HX-Push-Url"] == f"{url}?path=etc/new.txt"


def test_each_edit_is_undone_and_redone(client, url, changed):
    client.post(f"{url}remove/", {"chosen": ["etc/passwd", "usr/share/nginx/html/index.html"]})
    both = changed()
    client.post(f"{url}undo/", {"number": 1})
    nothing = changed()
    client.post(f"{url}redo/", {"number": 1})

    assert nothing == []
    assert changed() == both == ["D /etc/passwd", "D /usr/share/nginx/html/index.html"]


def test_all_steps_back_to_one_are_undone_together(client, url, container, changed):
    for name in (b"etc/1", b"etc/2", b"etc/3"):
        write_file(container=container, path=name, data=b"")
    client.post(f"{url}undo/", {"back_to": 2})

    assert changed() == ["A /etc/1"]
    assert container.edits.filter(undone=True).count() == 2
    assert client.post(f"{url}undo/", {"back_to": 2}).status_code == 422


def test_step_that_is_not_the_last_any_more_is_not_undone(client, url, container, changed):
    write_file(container=container, path=b"etc/1", data=b"")
    write_file(container=container, path=b"etc/2", data=b"from another tab")
    response = client.post(f"{url}undo/", {"number": 1}, headers=HTMX | {"HX-Target": "middle"})

    assert response.status_code == 409
    assert response.headers["HX-Retarget"] == "#edit-said"
    assert "write /etc/2" in response.content.decode()
    assert changed() == ["A /etc/1", "A /etc/2"]


def test_chosen_paths_are_restored(client, url, container, changed):
    remove_paths(container=container, paths=[b"etc/passwd"])
    write_file(container=container, path=b"etc/group", data=b"me")
    write_file(container=container, path=b"etc/new", data=b"")
    client.post(f"{url}restore/?path=etc", {"chosen": ["etc/passwd", "etc/group"]})

    assert changed() == ["A /etc/new"]


def test_several_are_moved_and_copied_into_a_directory(client, url, changed):
    both = {"chosen": ["etc/passwd", "etc/group"], "target": "/home"}
    client.post(f"{url}copy/?path=etc", both)
    assert changed() == ["A /home/group", "A /home/passwd"]

    client.post(f"{url}move/?path=etc", both | {"replace": "1"})
    assert changed() == ["D /etc/group", "D /etc/passwd", "A /home/group", "A /home/passwd"]


def test_directory_as_target_gets_the_path_in_it(client, url, changed):
    client.post(f"{url}move/", {"chosen": "etc/passwd", "target": "/home"})

    assert changed() == ["D /etc/passwd", "A /home/passwd"]


def test_mode_and_owner_go_down_where_asked(client, url, container):
    html = b"usr/share/nginx/html"
    client.post(f"{url}chmod/", {"chosen": html.decode(), "mode": "0700", "recursive": "1"})
    client.post(f"{url}chown/", {"chosen": html.decode(), "owner": "7", "recursive": "1"})
    container.refresh_from_db()
    entry = container_lookup(container, html + b"/index.html").entry

    assert (entry.mode, entry.uid, entry.gid) == (0o700, 7, 7)


REFUSALS = {
    "touch": ({"name": "passwd"}, "exists by now"),
    "mkdir": ({"name": "passwd"}, "exists already"),
    "symlink": ({"name": "x", "target": ""}, "where the link leads"),
    "move": ({"chosen": "etc/passwd", "target": "/no/where"}, "does not exist"),
    "copy": ({"chosen": "etc/passwd", "target": "/etc/group"}, "exists already"),
    "chmod": ({"chosen": "etc/passwd", "mode": "rwx"}, "octal digits"),
    "chown": ({"chosen": "etc/passwd", "owner": "www-data"}, "two numbers"),
    "rename": ({"name": "a b"}, "Invalid container name"),
}


@pytest.mark.parametrize("verb", REFUSALS)
@pytest.mark.parametrize("headers", [{}, IN_DIALOG], ids=["page", "dialog"])
def test_refusal_is_one_sentence_in_the_form_which_keeps_its_fields(client, url, changed, verb, headers):
    fields, sentence = REFUSALS[verb]
    response = client.post(f"{url}{verb}/?path=etc", fields, headers=headers)
    html = response.content.decode()

    assert response.status_code in (409, 422)
    assert sentence in html
    assert html.count('<form id="ask"') == 1
    assert html.startswith("<!doctype") == (not headers)
    assert all(f'value="{value}"' in html for value in fields.values())
    assert changed() == []


def test_refusal_without_a_form_is_told_above_the_panes(client, url):
    response = client.post(f"{url}remove/", {"chosen": "no/where"}, headers=HTMX | {"HX-Target": "middle"})

    assert response.status_code == 422
    assert response.headers["HX-Retarget"] == "#edit-said"
    assert "does not exist" in response.content.decode()


@pytest.mark.parametrize("verb", ["remove", "restore", "move", "copy", "chmod", "chown"])
def test_nothing_chosen_is_told(client, url, verb):
    fields = {"target": "/etc", "mode": "600", "owner": "0:0"}

    assert "tick a path first" in client.post(f"{url}{verb}/?path=etc", fields).content.decode()


def test_one_of_several_that_cannot_be_deleted_leaves_all(client, url, changed):
    client.post(f"{url}remove/", {"chosen": ["etc/passwd", "etc/nowhere"]})

    assert changed() == []


def test_deleted_path_stays_shown_where_the_image_has_it(client, url, container):
    write_file(container=container, path=b"etc/new", data=b"")
    kept = client.post(f"{url}remove/?path=etc/passwd", {"chosen": "etc/passwd"})
    gone = client.post(f"{url}remove/?path=etc/new", {"chosen": "etc/new"})

    assert kept.headers["Location"] == f"{url}?path=etc/passwd"
    assert gone.headers["Location"] == f"{url}?path=etc"


@pytest.mark.parametrize(
    "ask",
    [
        "touch",
        "mkdir",
        "symlink",
        "upload",
        "unpack",
        "move",
        "copy",
        "chmod",
        "chown",
        "remove",
        "restore",
        "rename",
        "reset",
        "delete",
    ],
)
def test_form_is_a_page_without_scripts_and_a_part_with(client, url, ask):
    page = client.get(f"{url}?path=etc&do={ask}").content.decode()
    part = client.get(f"{url}?path=etc&do={ask}", headers=IN_DIALOG).content.decode()

    assert page.startswith("<!doctype html>")
    assert page.count('<form id="ask"') == part.count('<form id="ask"') == 1
    assert "<!doctype" not in part


def test_ticked_paths_reach_a_form(client, url):
    html = client.get(f"{url}?at=etc&do=chmod&chosen=etc/passwd&chosen=etc/group").content.decode()

    assert html.count('<input type="hidden" name="chosen"') >= 2
    assert 'name="mode" value="0644"' in html


class TestHostileNames:
    """Names that are no text, and names that mean something to a browser, keep every byte."""

    @pytest.fixture
    def path(self, container) -> bytes:
        make_directory(container=container, path=b"home/\xfe dir")
        write_file(container=container, path=b"home/\xfe dir/" + HOSTILE, data=b"x")
        return b"home/\xfe dir/" + HOSTILE

    def test_they_are_shown_and_escaped(self, client, url, path):
        for shown in (path, b"home/\xfe dir"):
            html = client.get(url + at(shown)).content.decode()
            assert "a\\xff&lt;b&gt;␛" in html
            assert "<b>" not in html

    def test_they_are_renamed_in_a_directory_whose_bytes_stay(self, client, url, container, path):
        form = client.get(url + at(path) + "&do=move", headers=IN_DIALOG)
        target = form.context["target"]
        client.post(
            url + "move/" + at(path), {"chosen": quote(path), "target": target.rpartition("/")[0] + "/plain"}
        )
        container.refresh_from_db()

        assert open_upper(container).at(b"home/\xfe dir/plain") is not None

    def test_they_are_deleted_and_come_back(self, client, url, container, path):
        client.post(url + "remove/" + at(b"home"), {"chosen": quote(path)})
        container.refresh_from_db()
        assert open_upper(container).at(path) is None

        client.post(url + "undo/")
        container.refresh_from_db()
        assert open_upper(container).at(path) is not None

    def test_names_that_climb_stay_inside(self, client, url, changed):
        client.post(f"{url}touch/?path=etc", {"name": "../../../../home/x"})

        assert changed() == ["A /home/x"]

    @pytest.mark.parametrize("name", ["", "  ", "/", "..", "a" * 300, "\0", ".wh.x"])
    def test_impossible_names_are_refused(self, client, url, changed, name):
        assert client.post(f"{url}touch/?path=etc", {"name": name}).status_code in (409, 422)

    def test_a_new_file_does_not_take_the_name_of_a_directory(self, client, url, changed):
        response = client.post(f"{url}touch/?path=usr", {"name": "share"})

        assert response.status_code == 422
        assert "/usr/share is a directory: give the new file another name." in response.content.decode()
        assert changed() == []
        assert changed() == []


class TestUploads:
    def test_files_land_in_the_directory(self, client, url, container, changed):
        files = [SimpleUploadedFile("a.txt", b"one"), SimpleUploadedFile("b.txt", b"")]
        client.post(f"{url}upload/?path=home", {"files": files, "replace": "1"})

        assert changed() == ["A /home/a.txt", "A /home/b.txt"]
        assert b"".join(open_container_file(container, b"home/a.txt").chunks()) == b"one"

    @pytest.mark.parametrize("name", ["site/css/a.css", "encoded/site%2Fcss/a.css", "/site/css/../css/a.css"])
    def test_folder_keeps_its_paths(self, client, url, changed, name):
        client.post(f"{url}upload/?path=home", *multipart([(name, b"x")]))

        assert changed() == ["A /home/site", "A /home/site/css", "A /home/site/css/a.css"]

    def test_names_are_taken_byte_for_byte(self, client, url, container, changed):
        client.post(f"{url}upload/?path=home", *multipart([("encoded/" + quote(HOSTILE), b"x")]))
        container.refresh_from_db()

        assert open_upper(container).at(b"home/" + HOSTILE) is not None

    def test_very_many_files_are_one_step(self, client, url, container, changed):
        client.post(f"{url}upload/?path=home", *multipart([(f"many/{n}", b"%d" % n) for n in range(1500)]))

        assert len(changed()) == 1501
        assert container.edits.count() == 1
        assert b"".join(open_container_file(container, b"home/many/1499").chunks()) == b"1499"

    def test_file_that_is_there_is_replaced_only_if_asked(self, client, url, changed):
        response = client.post(f"{url}upload/?path=etc", *multipart([("passwd", b"x")]))

        assert "exists already" in response.content.decode()
        assert changed() == []

    def test_nothing_of_a_refused_upload_is_kept(self, client, url, container, changed, settings, data_dir):
        settings.LIMITS = settings.LIMITS.__class__(upload_size=10)
        response = client.post(f"{url}upload/?path=home", *multipart([("a", b"x" * 8), ("b", b"y" * 8)]))

        assert response.status_code == 413
        assert "upload_size" in response.content.decode()
        assert changed() == []
        assert list((data_dir / "tmp" / "uploads").iterdir()) == []

    def test_tar_is_unpacked(self, client, url, changed):
        response = client.post(f"{url}unpack/?path=home", *multipart([("a.tar.gz", a_tar())]))

        assert response.status_code == 303
        assert changed() == ["A /home/x", "A /home/x/y"]

    def test_file_that_is_no_tar_is_refused_with_its_reason(self, client, url, changed):
        response = client.post(f"{url}unpack/?path=home", *multipart([("a.tar", b"no tar" * 400)]))

        assert response.status_code == 422
        assert 'role="alert"' in response.content.decode()
        assert changed() == []

    def test_no_file_is_told(self, client, url):
        assert "choose files" in client.post(f"{url}upload/?path=home", *multipart([])).content.decode()

    @pytest.mark.parametrize("verb", ["upload", "unpack"])
    def test_form_of_another_site_is_refused(self, url, changed, verb):
        response = Client(enforce_csrf_checks=True).post(
            f"{url}{verb}/?path=home", *multipart([("a", a_tar())])
        )

        assert response.status_code == 403
        assert changed() == []


def multipart(files: list[tuple[str, bytes]]) -> tuple[bytes, str]:
    """A body and its type: the test client's own would cut the paths off the names."""
    parts = [
        b'--B\r\nContent-Disposition: form-data; name="files"; filename="%b"\r\n\r\n%b\r\n'
        % (name.encode(), data)
        for name, data in files
    ]
    return b"".join(parts) + b"--B--\r\n", "multipart/form-data; boundary=B"


def a_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        info = tarfile.TarInfo("x/y")
        info.size = 3
        tar.addfile(info, io.BytesIO(b"abc"))
    return buffer.getvalue()


class TestContainerItself:
    def test_it_is_renamed(self, client, url, container):
        response = client.post(f"{url}rename/", {"name": "site"})
        container.refresh_from_db()

        assert (response.headers["Location"], container.name) == (url, "site")

    def test_form_opened_in_the_list_leads_back_there(self, client, url):
        response = client.post(f"{url}rename/", {"name": "site", "list": "1"}, headers=IN_DIALOG)

        assert response.headers["HX-Redirect"] == "/containers/"

    def test_what_will_be_lost_is_told(self, client, url, container):
        write_file(container=container, path=b"etc/new", data=b"12345")
        html = client.get(f"{url}?do=delete").content.decode()

        assert "<strong>5 B</strong>" in html
        assert "The image nginx:v2 stays as it is" in html

    def test_it_is_reset(self, client, url, container, changed):
        write_file(container=container, path=b"etc/new", data=b"12345")
        client.post(f"{url}reset/", {"revision": container.revision})

        assert changed() == []
        assert container.edits.count() == 0

    def test_it_is_deleted(self, client, url, container):
        response = client.post(f"{url}delete/", {"revision": container.revision})

        assert response.headers["Location"] == "/containers/"
        assert not Container.objects.exists()
        assert client.post(f"{url}delete/", {"revision": 0}).status_code == 404

    @pytest.mark.parametrize("verb", ["reset", "delete"])
    def test_what_another_tab_edited_meanwhile_is_not_lost(self, client, url, container, changed, verb):
        seen = container.revision
        write_file(container=container, path=b"etc/new", data=b"12345")
        response = client.post(f"{url}{verb}/", {"revision": seen}, headers=IN_DIALOG)

        assert response.status_code == 409
        assert "was edited since you looked" in response.content.decode()
        assert changed() == ["A /etc/new"]

    @pytest.mark.parametrize("verb", ["reset", "delete"])
    @pytest.mark.parametrize("revision", ["x", "-1", "1.0", "²", "9" * 40, "0 or 1=1"])
    def test_a_revision_that_is_none_is_refused(self, client, url, container, changed, verb, revision):
        write_file(container=container, path=b"etc/new", data=b"12345")
        response = client.post(f"{url}{verb}/", {"revision": revision})

        assert response.status_code == 422
        assert "is no revision: load the page again" in response.content.decode()
        assert changed() == ["A /etc/new"]


class TestNews:
    def test_nothing_new_is_no_answer(self, client, url, container):
        assert client.get(f"{url}fresh/?seen=0", headers=HTMX).status_code == 204

    def test_news_are_panes_for_their_places(self, client, url, container):
        write_file(container=container, path=b"etc/new", data=b"")
        html = client.get(f"{url}fresh/?seen=0&path=etc&middle=1", headers=HTMX).content.decode()

        assert html.count('hx-swap-oob="true"') == 6
        assert html.count("/etc/new") >= 1

    def test_page_without_scripts_is_led_to_the_panes(self, client, url):
        assert client.get(f"{url}fresh/?path=etc").headers["Location"] == f"{url}?path=etc"


def test_diff_is_told_as_docker_tells_it(client, url, container):
    write_file(container=container, path=b"etc/new", data=b"")
    response = client.get(f"{url}diff/")

    assert b"".join(response) == b"C /etc\nA /etc/new\n"
    assert response.headers["Content-Type"].startswith("text/plain")


def test_path_through_a_linked_directory_leads_to_the_real_one(client, url, container):
    client.post(f"{url}symlink/", {"name": "/www", "target": "usr/share/nginx"})
    response = client.get(f"{url}?path=www/html/index.html")

    assert response.headers["Location"] == f"{url}?path=usr/share/nginx/html/index.html"


@pytest.mark.parametrize(
    "verb", [*VERBS, "restore", "undo", "redo", "upload", "unpack", "rename", "reset", "delete"]
)
def test_edits_are_posts(client, url, verb):
    assert client.get(f"{url}{verb}/").status_code == 405
