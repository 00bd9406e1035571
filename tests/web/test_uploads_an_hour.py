"""How many uploads somebody may begin in an hour is bounded, and told."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from layers.models import Job, User
from tests.conftest import run_program
from tests.web.test_accounts import ARCHIVE, accounts, browser, people  # noqa: F401

pytestmark = pytest.mark.django_db
SENTENCE = (
    "limit uploads_an_hour = 2, found 3: send this one when the first of yours in this hour is an hour old."
)


@pytest.fixture(autouse=True)
def two_an_hour(settings) -> None:
    settings.UPLOADS_AN_HOUR = 2


def begun(client: Client, name: str, fingerprint: str = "f"):
    query = f"filename={name}&size=9&fingerprint={fingerprint}"
    return client.post(f"/uploads/?{query}", content_type="application/octet-stream")


def whole(client: Client, name: str):
    return client.put(f"/upload/?filename={name}", ARCHIVE.read_bytes(), content_type="application/x-tar")


def formed(client: Client, name: str):
    return client.post("/import/", {"archives": SimpleUploadedFile(name, ARCHIVE.read_bytes())})


def test_the_third_is_refused_in_one_sentence_and_leaves_nothing(people):  # noqa: F811
    anna = browser("anna")
    assert [begun(anna, name).status_code for name in "ab"] == [201, 201]

    for answer in (begun(anna, "c"), whole(anna, "c")):
        assert (answer.status_code, answer.json()["error"]) == (429, SENTENCE)
    assert Job.objects.count() == 2


def test_the_form_without_scripts_says_the_same(people):  # noqa: F811
    anna = browser("anna")
    for name in "ab":
        begun(anna, name)

    answer = formed(anna, "c.tar")

    assert answer.status_code == 429
    assert SENTENCE in answer.content.decode()
    assert Job.objects.count() == 2


def test_what_is_gone_on_with_is_not_counted(people):  # noqa: F811
    anna = browser("anna")
    assert [begun(anna, "a", "same").status_code for _ in range(4)] == [201] * 4
    assert Job.objects.count() == 1
    assert begun(anna, "b").status_code == 201


def test_an_hour_later_the_next_may_come(people):  # noqa: F811
    anna = browser("anna")
    for name in "ab":
        begun(anna, name)
    Job.objects.filter(filename="a").update(created_at=timezone.now() - timedelta(minutes=61))

    assert [begun(anna, name).status_code for name in "cd"] == [201, 429]


def test_cancelled_and_failed_ones_were_begun_as_well(people):  # noqa: F811
    anna = browser("anna")
    for name in "ab":
        begun(anna, name)
    Job.objects.update(state=Job.State.CANCELLED)

    assert begun(anna, "c").status_code == 429


def test_each_has_an_hour_of_their_own(people):  # noqa: F811
    for name in ("anna", "ben", "tina"):
        client = browser(name)
        assert [begun(client, file).status_code for file in "abc"] == [201, 201, 429], name


def test_administrators_and_those_without_accounts_have_no_bound(people, settings):  # noqa: F811
    root = browser("root")
    assert [begun(root, name).status_code for name in "abc"] == [201] * 3

    settings.ACCOUNTS = False
    nobody = Client()
    assert [begun(nobody, name, "g").status_code for name in "abc"] == [201] * 3
    assert User.objects.exists()


def test_the_limit_is_shown(people, settings):  # noqa: F811
    html = browser("anna").get("/limits/").content.decode()

    assert "uploads_an_hour" in html
    assert "IMAGEBROWSER_UPLOADS_AN_HOUR" in html


@pytest.mark.parametrize(("profile", "bound"), [("laptop", 0), ("shared", 30)])
def test_the_profile_says_whether_there_is_one(tmp_path, profile, bound):
    script = "from django.conf import settings; print(settings.UPLOADS_AN_HOUR)"
    done = run_program("shell", "-v", "0", "-c", script, data=tmp_path, env={"IMAGEBROWSER_PROFILE": profile})

    assert done.stdout.split()[-1] == str(bound).encode()
