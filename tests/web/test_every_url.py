"""Every URL of the program, as each kind of visitor, by each method; a new URL without a row fails."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from imagebrowser.headers import POLICY
from layers.models import Container, Image, Job, Role, User
from layers.models.acting import Acting, acts
from layers.operations.create_container import create_container
from layers.operations.create_user import create_user
from layers.operations.import_archive import import_archive
from layers.operations.read_packages import read_packages
from layers.operations.tokens import issue_token
from layers.operations.write_file import write_file
from layers.uploads import Upload
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db

GOLDEN = ROOT / "tests" / "golden"
PASSWORD = "correct horse battery"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SAFE = ("GET", "HEAD", "OPTIONS")
ROLES = {"root": Role.ADMIN, "tina": Role.TEACHER, "anna": Role.STUDENT, "ben": Role.STUDENT}
SECRETS = ("delete-opaque", "annas-container", "annas.tar")
"""Names of what is Anna's alone."""

OPEN = {"healthz", "layers:login"}
ROWS = {
    # About nothing in particular, or about what the query names.
    "everybody's": """
        account compare compare-choices compare-file container-create container-list history-compare
        image-list images-save import-create import-list limits logout search search-path token-create upload
        upload-create shelf
        """,
    "administrators'": "account-list account-create account-change audit",
    # The visitor's own or nobody's: even an administrator has no part in it.
    "own": "token-delete",
    "image": """
        dockerfile-download document-download image-check image-config image-detail image-dockerfile
        image-file image-history image-packages image-raw image-rows image-save image-space layer-download
        packages-download space-dive tree-download image-findings image-life image-links layer layer-context
        layer-dockerfile
        """,
    "sharing": "image-share",
    "container": """
        commit-preview container-chmod container-chown container-commit container-context container-copy
        container-delete container-detail container-diff container-dockerfile container-export container-fresh
        container-mkdir container-move container-raw container-redo container-remove container-rename
        container-replace container-reset container-restore container-rows container-symlink container-touch
        container-tree-download container-undo container-unpack container-upload container-write
        """,
    "upload": "import-cancel import-detail upload-part",
}
KINDS = {name: kind for kind, names in ROWS.items() for name in names.split()}


def urls() -> Iterator[tuple[str, list[str]]]:
    """Name and parameters of each URL."""
    todo: list[tuple[str, Any]] = [("", pattern) for pattern in get_resolver().url_patterns]
    while todo:
        namespace, pattern = todo.pop()
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else namespace
            todo += [(inner, below) for below in pattern.url_patterns]
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", list(pattern.pattern.converters)


URLS = sorted(urls())
NAMES = [name for name, _ in URLS]


@pytest.fixture
def world(settings) -> dict[str, Any]:
    """Four people; an image, an edited container, an upload and a token of Anna's; an image for all."""
    settings.ACCOUNTS = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    people = {name: create_user(name=name, password=PASSWORD, role=role) for name, role in ROLES.items()}
    with acts(Acting(people["tina"])):
        import_archive(GOLDEN / "04-hardlinks" / "image.tar")
    with acts(Acting(people["anna"])):
        image = import_archive(GOLDEN / "02-delete-opaque" / "image.tar").images[0]
        container = create_container(image=image, name="annas-container")
        write_file(container=container, path=b"notes", data=b"hers")
        with Upload(10) as upload:
            upload.keep()
        job = Job.objects.create(
            id=upload.number, filename="annas.tar", total_size=10, fingerprint="f", owner=people["anna"]
        )
        read_packages()
        token, _ = issue_token(user=people["anna"], label="hers", days=1)
    return {"people": people, "image": image, "container": container, "job": job, "token": token}


def address(world: dict[str, Any], name: str, parameters: list[str]) -> str:
    """The URL of that name, about what is Anna's."""
    layer = world["image"].image_layers.first().layer
    values = {
        "digest": layer.diff_id if name == "layers:layer" else world["image"].image_id,
        "named": world["image"].image_id,
        "position": 0,
        "container_id": world["container"].container_id,
        "job_id": world["job"].pk,
        "token_id": world["token"].pk,
        "name": "ben",
    }
    return reverse(name, kwargs={parameter: values[parameter] for parameter in parameters})


def visitor(world: dict[str, Any], name: str) -> Client:
    client = Client(raise_request_exception=True)
    if name != "nobody":
        client.force_login(world["people"][name])
    return client


def ask(client: Client, method: str, url: str) -> Any:
    if method in SAFE:
        return client.generic(method, url)
    return client.generic(
        method, url, b"", content_type="application/octet-stream", headers={"upload-offset": "0"}
    )


def content(response: Any) -> bytes:
    if not response.streaming:
        return response.content
    parts = response.streaming_content
    return b"".join(parts) if not hasattr(parts, "__aiter__") else b""


def test_every_url_has_a_row():
    assert set(NAMES) == OPEN | {f"layers:{name}" for name in KINDS}


@pytest.mark.parametrize(("name", "parameters"), URLS, ids=NAMES)
def test_who_may_do_what(world, name, parameters):
    """Those who may least come first: whoever may delete it comes last."""
    url = address(world, name, parameters)
    kind = KINDS.get(name.removeprefix("layers:"), "open")
    for who in ("nobody", "ben", "tina", "root", "anna"):
        for method in METHODS:
            response = ask(visitor(world, who), method, url)
            said = f"{method} {url} as {who}: {response.status_code}"

            assert response.status_code < 500, said
            assert response.status_code in allowed(kind, who, method), said
            if who in ("ben", "nobody"):
                shown = content(response).decode("utf-8", "replace")
                assert not [secret for secret in SECRETS if secret in shown], said
            check_headers(response, said)


ANSWERED = set(range(200, 500)) - {401, 403}


def allowed(kind: str, who: str, method: str) -> set[int]:
    """What may be answered; 405 goes for every method that a view does not know."""
    if kind == "open":
        return ANSWERED
    if who == "nobody":
        return {302, 401}
    writes = method not in SAFE
    if kind == "administrators'":
        return ANSWERED if who == "root" else {403, 405}
    if kind == "own":
        return ANSWERED if who == "anna" else {404, 405}
    if kind in ("image", "sharing", "container", "upload") and who == "ben":
        return {404, 405}
    if kind in ("container", "upload") and who == "tina" and writes:
        return {403, 405}
    if kind == "sharing" and who == "anna":
        return {403, 405}
    return ANSWERED


def check_headers(response: Any, said: str) -> None:
    """Every answer, of whatever kind, says what the browser may not do with it."""
    headers = response.headers
    policy = headers["Content-Security-Policy"]
    assert policy == POLICY or policy.startswith("sandbox"), said
    assert headers["X-Content-Type-Options"] == "nosniff", said
    assert headers["Referrer-Policy"] == "same-origin", said
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", said
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin", said
    assert headers["X-Frame-Options"] == "DENY", said
    assert "Permissions-Policy" in headers, said
    assert "Access-Control-Allow-Origin" not in headers, said


QUERIES = (
    "search/?q=delete-opaque",
    "search/?q=notes",
    "search/?q=hers",
    "compare/choices/?q=delete",
    "?q=delete-opaque",
    "compare/?a=oracle/delete-opaque&b=oracle/hardlinks",
    "compare/?a=anna/oracle/delete-opaque&b=oracle/hardlinks",
    "compare/?a=annas-container&b=oracle/hardlinks",
    "save/?image=anna/oracle/delete-opaque",
)


@pytest.mark.parametrize("query", QUERIES)
def test_a_question_brings_up_nothing_of_others(world, query):
    """What Ben asked for stands on the page, so only what he could not know counts."""
    response = visitor(world, "ben").get(f"/{query}")
    shown = content(response).decode("utf-8", "replace")

    assert response.status_code < 500
    for thing in (
        world["image"].image_id,
        world["image"].image_id[7:19],
        world["container"].container_id[:12],
    ):
        assert thing not in shown


def test_an_id_of_anothers_image_is_not_found_by_what_takes_ids(world):
    ben = visitor(world, "ben")
    image = world["image"].image_id

    for query in (
        f"compare/?a={image}&b={image}",
        f"save/?image={image}",
        f"history/compare/?a={image}&b={image}",
    ):
        response = ben.get(f"/{query}")
        assert response.status_code in (404, 422, 200), query
        assert "delete-opaque" not in content(response).decode("utf-8", "replace"), query
    ben.post("/containers/create/", {"image": image})
    assert not Container.objects.filter(owner=world["people"]["ben"]).exists()


def rows_of_everything() -> dict[str, list[tuple]]:
    models = [model for model in apps.get_models() if model.__name__ != "Session"]
    return {model.__name__: list(model._default_manager.order_by("pk").values_list()) for model in models}


def test_get_changes_nothing(world):
    before = rows_of_everything()
    root = visitor(world, "root")
    last_login = User.objects.get(name="root").last_login

    for name, parameters in URLS:
        for _ in range(2):
            content(root.get(address(world, name, parameters)))

    User.objects.filter(name="root").update(last_login=last_login)
    after = rows_of_everything()
    assert {name: rows for name, rows in after.items() if rows != before[name] and name != "User"} == {}
    assert Image.objects.count() == 2


def test_a_forged_form_changes_nothing(world):
    """As a page elsewhere would send it: with the visitor's cookies, without the token."""
    before = rows_of_everything()
    client = Client(enforce_csrf_checks=True)
    client.force_login(world["people"]["root"])

    for name, parameters in URLS:
        url = address(world, name, parameters)
        response = client.post(url, {"name": "x"}, headers={"origin": "http://evil.example"})
        assert response.status_code in (403, 404, 405), f"{name}: {response.status_code}"

    assert {n: r for n, r in rows_of_everything().items() if n != "User" and r != before[n]} == {}
