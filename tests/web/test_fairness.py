"""One student alone does not take what is there for all."""

import threading

import pytest
from django.db import connection
from django.test import Client

from layers.jobs.queue import next_claim
from layers.models import Job, LoginFailure, User
from layers.models.acting import Acting, acts
from layers.oci.errors import LimitExceeded
from layers.operations.create_container import create_container
from layers.operations.create_user import create_user
from layers.operations.import_archive import import_archive
from layers.operations.resume_upload import open_upload
from layers.operations.write_file import write_file
from layers.queries.quota import quota_of
from layers.uploads import Upload, UploadRefused
from tests.conftest import ROOT
from tests.web.test_every_url import PASSWORD, ROLES

ARCHIVE = ROOT / "tests" / "golden" / "02-delete-opaque" / "image.tar"


@pytest.fixture
def people(settings, db) -> dict[str, User]:
    settings.ACCOUNTS = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return {name: create_user(name=name, password=PASSWORD, role=role) for name, role in ROLES.items()}


def waiting(owner: User, state: str = Job.State.QUEUED) -> Job:
    with Upload(0) as upload:
        upload.keep()
    return Job.objects.create(id=upload.number, owner=owner, filename="a.tar", state=state, total_size=10)


def at_once(count: int, work) -> list[Exception]:
    """Runs ``work`` in so many threads that start together; what they raised."""
    barrier, failures = threading.Barrier(count), []

    def run() -> None:
        barrier.wait()
        try:
            work()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_one_import_of_a_student_runs_while_those_of_others_go_first(people):
    running = waiting(people["anna"])
    claims = [next_claim()]
    second, bens = waiting(people["anna"]), waiting(people["ben"])

    claims += [next_claim(), next_claim()]

    assert [claim and claim.job.pk for claim in claims] == [running.pk, bens.pk, None]
    Job.objects.filter(pk=running.pk).update(state=Job.State.DONE)
    claims.append(next_claim())
    assert claims[-1].job.pk == second.pk
    for claim in filter(None, claims):
        claim.release()


def test_a_teacher_imports_as_many_as_the_machine_does(people):
    claims = [waiting(people["tina"]) and next_claim() for _ in range(2)]

    assert all(claims)
    for claim in claims:
        claim.release()


def test_a_student_fills_no_queue(people, settings):
    for state in (Job.State.RECEIVING, *[Job.State.QUEUED] * 4):
        waiting(people["anna"], state)

    with acts(Acting(people["anna"])), pytest.raises(UploadRefused, match="limit quota_waiting = 5, found 5"):
        open_upload(filename="a", total_size=1, fingerprint="f")
    with acts(Acting(people["ben"])):
        open_upload(filename="a", total_size=1, fingerprint="f")


def test_an_archive_that_waits_counts(people):
    waiting(people["anna"])

    assert quota_of(people["anna"]).size == 10


def test_a_form_brings_no_more_than_a_student_may_have(people, settings):
    settings.QUOTA_SIZE = 1000
    client = Client()
    client.force_login(people["anna"])
    with ARCHIVE.open("rb") as file:
        answer = client.post("/import/", {"archives": file})

    assert answer.status_code == 422
    assert "limit quota_size = 1000" in answer.content.decode()
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_uploads_that_are_opened_at_once_share_one_quota(people, settings):
    settings.QUOTA_SIZE = 100
    names = iter("abcdefgh")

    def send() -> None:
        with acts(Acting(people["anna"])):
            open_upload(filename=next(names), total_size=40, fingerprint="f")

    refused = at_once(5, send)

    assert Job.objects.count() == 2
    assert [str(error) for error in refused] == ["limit quota_size = 100, found 120"] * 3


@pytest.mark.django_db(transaction=True)
def test_edits_at_once_share_one_quota(people, settings):
    settings.QUOTA_SIZE = 100
    image = import_archive(ARCHIVE).images[0]
    with acts(Acting(people["anna"])):
        containers = iter([create_container(image=image) for _ in range(4)])

    def write() -> None:
        with acts(Acting(people["anna"])):
            write_file(container=next(containers), path=b"a", data=b"x" * 40)

    refused = at_once(4, write)

    assert [type(error) for error in refused] == [LimitExceeded] * 2
    assert quota_of(people["anna"]).size == 80


@pytest.mark.django_db(transaction=True)
def test_passwords_that_are_tried_at_once_are_tried_no_more_often(people, settings):
    settings.LOGIN_TRIES = 3
    answers = []

    def log_in() -> None:
        answers.append(Client().post("/login/", {"name": "anna", "password": "wrong"}).content.decode())

    assert at_once(12, log_in) == []
    assert len([answer for answer in answers if "is wrong" in answer]) == 3
    assert len([answer for answer in answers if "limit login_tries = 3" in answer]) == 9
    assert LoginFailure.objects.count() == 3


def test_an_address_that_is_only_claimed_changes_nothing(people, settings):
    settings.LOGIN_TRIES = 2
    for number in range(4):
        answer = Client().post(
            "/login/",
            {"name": f"x{number}", "password": "wrong"},
            headers={"x-forwarded-for": f"10.0.0.{number}", "forwarded": f"for=10.0.0.{number}"},
        )

    assert "limit login_tries = 2" in answer.content.decode()
    assert set(LoginFailure.objects.values_list("address", flat=True)) == {"127.0.0.1"}


def test_who_logs_in_at_once_with_others_is_let_in(people, settings):
    settings.LOGIN_TRIES = 3
    for _ in range(8):
        assert Client().post("/login/", {"name": "anna", "password": PASSWORD}).status_code == 302
