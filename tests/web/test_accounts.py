"""Accounts: who gets in, what they see, and what is theirs to change."""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from layers.models import ApiToken, AuditEntry, Container, Image, Job, LoginFailure, Role, User
from layers.models.acting import Acting, acts
from layers.oci.errors import LimitExceeded
from layers.oci.reference import Reference
from layers.operations.create_container import create_container
from layers.operations.create_user import AccountRefused, change_user, create_user
from layers.operations.import_archive import import_archive
from layers.operations.own_names import NotYourName
from layers.operations.share_image import share_image
from layers.operations.tag_image import tag_image
from layers.operations.tokens import issue_token, user_of_token
from layers.operations.write_file import write_file
from layers.queries.quota import quota_of
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
ARCHIVE = ROOT / "tests" / "golden" / "02-delete-opaque" / "image.tar"


@pytest.fixture(autouse=True)
def accounts(settings):
    settings.ACCOUNTS = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def people() -> dict[str, User]:
    roles = {"root": Role.ADMIN, "tina": Role.TEACHER, "anna": Role.STUDENT, "ben": Role.STUDENT}
    return {name: create_user(name=name, password=PASSWORD, role=role) for name, role in roles.items()}


def browser(name: str) -> Client:
    client = Client()
    answer = client.post("/login/", {"name": name, "password": PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return client


def imported_by(user: User | None) -> Image:
    with acts(Acting(user)):
        return import_archive(ARCHIVE).images[0]


@pytest.mark.parametrize("url", ["/", "/imports/", "/containers/", "/limits/", "/no-such-page"])
def test_nothing_is_shown_to_who_has_not_logged_in(client, url):
    answer = client.get(url)

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login/?next=")


def test_what_is_no_page_says_that_a_login_is_missing(client):
    assert client.get("/", headers={"HX-Request": "true"}).status_code == 401
    assert client.post("/containers/create/").status_code == 401
    assert client.get("/", headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_the_health_of_the_server_needs_no_login(client):
    assert client.get("/healthz").status_code == 200


def test_a_login_leads_back_to_where_somebody_wanted_to_go(client, people):
    answer = client.post("/login/", {"name": "anna", "password": PASSWORD, "next": "/imports/"})

    assert answer.headers["Location"] == "/imports/"
    assert client.get("/imports/").status_code == 200


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_a_login_leads_to_no_other_site(client, people, target):
    answer = client.post("/login/", {"name": "anna", "password": PASSWORD, "next": target})

    assert answer.headers["Location"] == "/"


def test_a_session_is_new_after_login_and_gone_after_logout(people):
    client = browser("anna")
    key = client.cookies["sessionid"].value

    client.post("/logout/")
    client.cookies["sessionid"] = key

    assert client.get("/").status_code == 302


def test_sessions_that_have_ended_are_removed_by_the_next_login(people):
    browser("anna")
    Session.objects.update(expire_date=timezone.now() - timedelta(hours=1))

    browser("ben")

    assert Session.objects.count() == 1


def test_wrong_names_and_wrong_passwords_are_told_alike(client, people):
    answers = [
        client.post("/login/", {"name": name, "password": "wrong"}).content.decode()
        for name in ("anna", "nobody")
    ]

    assert all("The name or the password is wrong." in answer for answer in answers)


def test_guessing_is_slowed_down(client, people, settings):
    settings.LOGIN_TRIES = 3
    for _ in range(3):
        client.post("/login/", {"name": "anna", "password": "wrong"})

    answer = client.post("/login/", {"name": "anna", "password": PASSWORD})
    assert "Too many tries" in answer.content.decode()

    LoginFailure.objects.update(at=timezone.now() - timedelta(minutes=2))
    assert client.post("/login/", {"name": "anna", "password": PASSWORD}).status_code == 302


def test_a_closed_account_is_out_at_once(people):
    client = browser("anna")

    change_user(user=people["anna"], is_active=False)

    assert client.get("/").status_code == 302


def test_there_is_no_login_without_accounts(client, settings):
    settings.ACCOUNTS = False

    assert client.get("/login/").status_code == 404
    assert client.get("/").status_code == 200


# --- what is whose --------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "status"), [("root", 200), ("tina", 200), ("anna", 200), ("ben", 404)])
def test_what_a_student_brings_is_theirs_and_their_teachers(people, who, status):
    image = imported_by(people["anna"])
    url = reverse("layers:image-detail", args=[image.image_id])
    client = browser(who)

    assert client.get(url).status_code == status
    assert ("anna/" in client.get("/").content.decode()) == (status == 200)


@pytest.mark.parametrize("brought_by", [None, "tina", "root"])
def test_what_teachers_bring_is_for_all(people, brought_by):
    imported_by(people.get(brought_by))

    assert "delete-opaque" in browser("ben").get("/").content.decode()


def test_an_image_that_two_students_bring_is_stored_once_and_seen_by_both(people):
    first, second = imported_by(people["anna"]), imported_by(people["ben"])

    assert first == second
    assert set(first.holders.all()) == {people["anna"], people["ben"]}
    assert not first.is_shared


def test_a_students_import_names_its_images_below_the_student(people):
    image = imported_by(people["anna"])

    assert [str(name) for name in image.references.all()] == ["docker.io/anna/oracle/delete-opaque:latest"]


def test_a_students_import_moves_no_name_of_others(people):
    theirs = imported_by(people["tina"])
    names = set(map(str, theirs.references.all()))

    imported_by(people["anna"])

    assert names <= set(map(str, theirs.references.all()))


@pytest.mark.parametrize(
    ("who", "name", "works"),
    [
        ("anna", "anna/x:1", True),
        ("anna", "nginx:1", False),
        ("anna", "ben/x:1", False),
        ("anna", "quay.io/anna/x:1", False),
        ("tina", "nginx:1", True),
        ("tina", "anna/x:1", False),
        ("root", "anna/x:1", True),
    ],
)
def test_whose_names_are_whose(people, who, name, works):
    image = imported_by(None)
    with acts(Acting(people[who])):
        if works:
            tag_image(image=image, reference=Reference.parse(name))
        else:
            with pytest.raises(NotYourName):
                tag_image(image=image, reference=Reference.parse(name))


def test_two_students_have_containers_of_one_name(people):
    image = imported_by(None)
    for name in ("anna", "ben"):
        with acts(Acting(people[name])):
            create_container(image=image, name="webserver")

    assert Container.objects.filter(name="webserver").count() == 2


@pytest.mark.parametrize(
    ("who", "seen", "changed"),
    [("anna", 200, True), ("root", 200, True), ("tina", 200, False), ("ben", 404, False)],
)
def test_a_container_is_its_owners_to_change(people, who, seen, changed):
    image = imported_by(None)
    with acts(Acting(people["anna"])):
        container = create_container(image=image, name="webserver")
    client = browser(who)
    url = f"/containers/{container.container_id}/"

    assert client.get(url).status_code == seen
    answer = client.post(f"{url}mkdir/", {"name": "made"})
    container.refresh_from_db()
    assert (container.revision > 0) == changed, answer


def test_an_upload_belongs_to_who_sent_it(people):
    with acts(Acting(people["anna"])):
        job = Job.objects.create(filename="a.tar", owner=people["anna"])

    assert browser("ben").get(f"/imports/{job.pk}/").status_code == 404
    assert browser("tina").get(f"/imports/{job.pk}/").status_code == 200
    assert browser("tina").post(f"/imports/{job.pk}/cancel/").status_code == 403
    assert browser("anna").post(f"/imports/{job.pk}/cancel/").status_code == 302


# --- accounts and tokens --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "Anna", "a b", "-a", "a" * 41, "library", "ä", "a/b"])
def test_an_account_has_a_name_that_images_can_have(name):
    with pytest.raises(AccountRefused):
        create_user(name=name, password=PASSWORD)


@pytest.mark.parametrize("password", ["", "short", "password", "12345678"])
def test_a_password_that_is_guessed_easily_is_refused(password):
    with pytest.raises(AccountRefused):
        create_user(name="anna", password=password)


def test_the_last_administrator_stays(people):
    with pytest.raises(AccountRefused):
        change_user(user=people["root"], role=Role.STUDENT)
    with pytest.raises(AccountRefused):
        change_user(user=people["root"], is_active=False)
    assert User.objects.get(name="root").role == Role.ADMIN


def test_a_token_stands_for_its_owner_and_is_kept_as_a_hash(people, client):
    _, text = issue_token(user=people["anna"], label="laptop", days=1)

    answer = client.get("/", headers={"Authorization": f"Bearer {text}"})

    assert answer.status_code == 200
    assert text not in str(ApiToken.objects.values())
    assert "sessionid" not in client.cookies


def test_a_token_ends(people):
    _, text = issue_token(user=people["anna"], label="laptop", days=1)
    assert user_of_token(text) == people["anna"]

    ApiToken.objects.update(expires_at=timezone.now())
    assert user_of_token(text) is None


def test_a_session_beside_a_wrong_token_counts_for_nothing(people):
    assert browser("anna").get("/", headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_a_form_is_still_held_against_its_token(people):
    client = Client(enforce_csrf_checks=True)
    client.force_login(people["anna"])

    assert client.post("/containers/create/").status_code == 403


def test_logins_and_their_failures_are_kept(client, people):
    client.post("/login/", {"name": "anna", "password": "wrong"})
    browser("anna")

    seen = AuditEntry.objects.exclude(action="create account").values_list("actor", "action")
    assert list(seen) == [("anna", "log in"), ("anna", "fail to log in")]


# --- quotas ---------------------------------------------------------------------------------------


def test_a_student_who_has_enough_brings_no_more(people, settings):
    settings.QUOTA_SIZE = 1000

    with pytest.raises(LimitExceeded, match="quota_size = 1000"):
        imported_by(people["anna"])

    assert not Image.objects.exists()
    assert imported_by(people["tina"]).is_shared


def test_images_are_counted_as_well(people, settings):
    settings.QUOTA_IMAGES = 1
    imported_by(people["anna"])

    with acts(Acting(people["anna"])), pytest.raises(LimitExceeded, match="quota_images = 1, found 2"):
        import_archive(ROOT / "tests" / "golden" / "04-hardlinks" / "image.tar")


def test_what_is_shared_costs_nobody(people, settings):
    image = imported_by(people["anna"])
    assert quota_of(people["anna"]).size == image.size

    share_image(image=image, is_shared=True)

    assert quota_of(people["anna"]).size == 0


def test_an_upload_that_would_be_too_much_is_refused_before_it_comes(people, settings):
    settings.QUOTA_SIZE = 1000

    answer = browser("anna").post(
        "/uploads/?filename=a&size=1001&fingerprint=f", content_type="application/octet-stream"
    )

    assert (answer.status_code, answer.json()["error"]) == (413, "limit quota_size = 1000, found 1001")


def test_files_in_containers_count(people, settings):
    settings.QUOTA_SIZE = 1000
    image = imported_by(None)
    with acts(Acting(people["anna"])):
        container = create_container(image=image)
        with pytest.raises(LimitExceeded, match="quota_size"):
            write_file(container=container, path=b"large", data=b"x" * 1001)

    container.refresh_from_db()
    assert container.revision == 0


# --- pages ----------------------------------------------------------------------------------------


def test_a_token_is_shown_once(people):
    client = browser("anna")

    first = client.post("/account/tokens/", {"label": "my laptop"}).content.decode()
    again = client.get("/account/").content.decode()

    assert "ib_" in first
    assert "ib_" not in again
    assert "my laptop" in again


def test_a_token_of_somebody_else_is_not_there_to_delete(people):
    token, _ = issue_token(user=people["anna"], label="laptop", days=1)

    assert browser("ben").post(f"/account/tokens/{token.pk}/delete/").status_code == 404
    assert browser("anna").post(f"/account/tokens/{token.pk}/delete/").status_code == 302
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("url", ["/accounts/", "/audit/"])
@pytest.mark.parametrize(("who", "status"), [("root", 200), ("tina", 403), ("anna", 403)])
def test_accounts_are_for_administrators(people, url, who, status):
    assert browser(who).get(url).status_code == status


def test_an_administrator_opens_and_closes_accounts(people):
    client = browser("root")

    made = client.post("/accounts/create/", {"name": "carl", "password": PASSWORD, "role": "student"})
    client.post("/accounts/carl/", {"role": "teacher", "state": "closed", "password": ""})

    carl = User.objects.get(name="carl")
    assert made.status_code == 302
    assert (carl.role, carl.is_active, carl.check_password(PASSWORD)) == ("teacher", False, True)


@pytest.mark.parametrize("name", ["Anna!", "anna"])
def test_an_account_that_cannot_be_says_why(people, name):
    answer = browser("root").post(
        "/accounts/create/", {"name": name, "password": PASSWORD, "role": "student"}
    )

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_a_teacher_shares_and_a_student_does_not(people):
    image = imported_by(people["anna"])
    url = reverse("layers:image-share", args=[image.image_id])

    assert browser("anna").post(url, {"shared": "1"}).status_code == 403
    assert browser("tina").post(url, {"shared": "1"}).status_code == 302
    image.refresh_from_db()
    assert image.is_shared


def test_what_was_done_names_who_and_from_where(people):
    browser("anna").post("/account/tokens/", {"label": "<b>laptop"})

    page = browser("root").get("/audit/").content.decode()

    assert "make token" in page
    assert "&lt;b&gt;laptop" in page
    assert "127.0.0.1" in page


def test_a_commit_stays_among_those_who_may_see_it(people):
    anna, ben, tina = browser("anna"), browser("ben"), browser("tina")
    imported_by(None)
    with acts(Acting(people["anna"])):
        container = create_container(image=Image.objects.get(), name="hers")
        write_file(container=container, path=b"a", data=b"a")
    page = f"/containers/{container.short_id}/commit/"

    assert "Your images are called anna/" in anna.post(page, {"name": "nginx:v2"}).content.decode()
    assert ben.get(page).status_code == 404
    assert ben.post(page, {"name": "ben/x"}).status_code == 404
    assert tina.get(page).status_code == 200
    assert tina.post(page).status_code == 403
    assert tina.post(page + "preview/", {"author": "Tina"}).status_code == 403

    made = anna.post(page, {"name": "anna/x:1", "stand": "new"}).headers["Location"]
    assert anna.get(made).status_code == 200
    assert ben.get(made).status_code == 404
    assert ben.get("/save/?image=anna/x").status_code == 404
    assert ben.get("/history/compare/?a=anna/x:1&b=anna/x:1").status_code == 404
    container.refresh_from_db()
    assert (container.author, container.image.references.get().repository) == ("", "docker.io/anna/x")


@pytest.mark.parametrize(("who", "status"), [("anna", 200), ("tina", 200), ("ben", 404)])
def test_only_what_somebody_sees_can_be_compared(people, who, status):
    image = imported_by(people["anna"])
    with acts(Acting(people["anna"])):
        create_container(image=image, name="mine")
    client = browser(who)

    for other in (f"{image.image_id}@1", "mine" if who == "anna" else "anna/mine"):
        answer = client.get("/compare/", {"a": image.image_id, "b": other})
        assert answer.status_code == status
    choices = client.get("/compare/choices/?side=b").content.decode()
    assert ("mine" in choices) == (status == 200)
    assert ("delete-opaque" in choices) == (status == 200)
