"""What somebody did can be asked about later: who, from where, and what exactly."""

import pytest
from django.core import management
from django.test import Client

from layers.models import AuditEntry, Container, Image, User
from layers.models.acting import Acting, acts
from layers.operations.create_user import create_user
from layers.operations.import_archive import import_archive
from layers.operations.tokens import issue_token
from tests.conftest import ROOT
from tests.web.test_every_url import PASSWORD, ROLES

pytestmark = pytest.mark.django_db

ARCHIVE = ROOT / "tests" / "golden" / "02-delete-opaque" / "image.tar"


@pytest.fixture
def people(settings) -> dict[str, User]:
    settings.ACCOUNTS = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return {name: create_user(name=name, password=PASSWORD, role=role) for name, role in ROLES.items()}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_every_change_of_a_student_is_kept(people):
    anna, tina = browser(people["anna"]), browser(people["tina"])
    AuditEntry.objects.all().delete()
    with acts(Acting(people["anna"], "10.0.0.1")):
        image = import_archive(ARCHIVE).images[0]
    anna.post("/containers/create/", {"image": image.image_id, "name": "first"})
    url = f"/containers/{Container.objects.get().short_id}"
    anna.post(f"{url}/rename/", {"name": "second"})
    anna.post(f"{url}/mkdir/", {"name": "made"})
    anna.post(f"{url}/commit/", {"name": "anna/x:1", "stand": "new"})
    anna.post(f"{url}/reset/", {"revision": Container.objects.get().revision})
    anna.post(f"{url}/delete/", {"revision": Container.objects.get().revision})
    with ARCHIVE.open("rb") as file:
        anna.post("/import/", {"archives": file})
    tina.post(f"/images/{image.image_id[7:]}/share/", {"shared": "1"})
    with acts(Acting(people["root"])):
        management.call_command("tag", image.image_id, "all:1")

    made = Image.objects.exclude(pk=image.pk).get().image_id
    assert list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "target")) == [
        ("anna", "import images", image.image_id),
        ("anna", "create container", f"first: {image.image_id}"),
        ("anna", "rename container", "first: second"),
        ("anna", "commit container", f"second: {made}"),
        ("anna", "reset container", "second"),
        ("anna", "delete container", "second"),
        ("anna", "upload archive", f"image.tar, {ARCHIVE.stat().st_size} bytes"),
        ("tina", "share image", image.image_id),
        ("root", "tag image", f"all:1: {image.image_id}"),
    ]
    assert AuditEntry.objects.order_by("pk").first().address == "10.0.0.1"


@pytest.mark.parametrize(
    "url", ["/account/tokens/", "/account/tokens/{}/delete/", "/accounts/create/", "/accounts/ben/"]
)
def test_a_token_makes_no_tokens_and_no_accounts(people, url):
    """One that got lost could else be followed by others that outlive it."""
    token, text = issue_token(user=people["root"], label="lost", days=1)
    before = list(User.objects.order_by("pk").values())
    fields = {"label": "next", "name": "evil", "password": PASSWORD, "role": "admin"}

    answer = Client().post(url.format(token.pk), fields, headers={"authorization": f"Bearer {text}"})

    assert answer.status_code == 403
    assert list(User.objects.order_by("pk").values()) == before
    assert list(people["root"].tokens.all()) == [token]
    assert Client().get("/accounts/", headers={"authorization": f"Bearer {text}"}).status_code == 200


@pytest.mark.parametrize(
    "header", ["Basic cm9vdDpyb290", "Bearer", "Bearer ", "bearer x", "Bearer \x00", "x" * 9000]
)
def test_what_is_no_token_lets_nobody_in(people, header):
    assert Client().get("/", headers={"authorization": header}).status_code == 401
