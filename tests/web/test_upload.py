"""Archives on their way in through the ASGI application."""

import dataclasses
import json
from urllib.parse import quote

import pytest

from layers.models import Job
from layers.uploads import kept_uploads, upload_path
from tests.web.asgi import TOKEN, send

pytestmark = pytest.mark.django_db(transaction=True)

CHUNKS = [b"abc" * 50_000, b"", b"de" * 700_000, b"f"]


def form(*files: bytes, token: str = TOKEN) -> tuple[bytes, dict[str, str | None]]:
    parts = [b'--XX\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n' + token.encode()]
    parts += [
        b'--XX\r\nContent-Disposition: form-data; name="archives"; filename="a.tar"\r\n\r\n' + file
        for file in files
    ]
    return b"\r\n".join([*parts, b"--XX--\r\n"]), {
        "content-type": "multipart/form-data; boundary=XX",
        "x-csrftoken": None,
    }


def test_a_body_becomes_a_queued_job_with_its_bytes():
    answer = send("/upload/", CHUNKS, query="filename=a%20b.tar")

    job = Job.objects.get()
    assert answer.status == 201
    assert json.loads(answer.body) == {"id": str(job.pk), "url": f"/imports/{job.pk}/"}
    assert (job.state, job.filename) == (Job.State.QUEUED, "a b.tar")
    assert job.done_size == job.total_size == sum(map(len, CHUNKS))
    assert upload_path(job.pk).read_bytes() == b"".join(CHUNKS)
    assert upload_path(job.pk).stat().st_mode & 0o777 == 0o600


def test_each_file_of_a_form_becomes_a_queued_job_without_javascript():
    body, headers = form(b"one" * 1000, b"two")

    answer = send("/import/", [body[:77], body[77:2000], body[2000:]], method="POST", headers=headers)

    jobs = Job.objects.order_by("created_at")
    assert answer.status == 302
    assert [upload_path(job.pk).read_bytes() for job in jobs] == [b"one" * 1000, b"two"]
    assert {job.state for job in jobs} == {Job.State.QUEUED}


@pytest.mark.parametrize(
    "headers",
    [
        {"x-csrftoken": None},
        {"x-csrftoken": "u" * 32},
        {"cookie": None},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_a_body_from_a_foreign_page_is_refused_unread(headers):
    assert send("/upload/", CHUNKS, headers=headers).status == 403
    assert not Job.objects.exists()
    assert not kept_uploads()


def test_a_form_from_a_foreign_page_leaves_nothing():
    body, headers = form(b"one", token="u" * 32)

    assert send("/import/", [body], method="POST", headers=headers).status == 403
    assert not Job.objects.exists()
    assert not kept_uploads()


def test_another_host_is_refused():
    assert send("/upload/", CHUNKS, headers={"host": "evil.example"}).status == 400
    assert not kept_uploads()


def test_a_body_above_the_limit_is_refused_by_its_length(settings):
    settings.LIMITS = dataclasses.replace(settings.LIMITS, upload_size=1000)

    answer = send("/upload/", [b"x" * 1001])

    assert answer.status == 413
    assert json.loads(answer.body) == {"error": "limit upload_size = 1000, found 1001"}
    assert not Job.objects.exists()


def test_a_file_of_a_form_above_the_limit_is_refused_and_says_so(settings):
    settings.LIMITS = dataclasses.replace(settings.LIMITS, upload_size=1000)
    body, headers = form(b"x" * 1001)

    answer = send("/import/", [body], method="POST", headers=headers)

    assert answer.status == 422
    assert b"limit upload_size = 1000, found 1001" in answer.body
    assert not Job.objects.exists()
    assert not kept_uploads()


def test_a_length_far_above_the_limit_is_refused_before_django_sees_it(settings):
    answer = send("/upload/", [b"x"], headers={"content-length": str(settings.LIMITS.upload_size * 2)})

    assert answer.status == 413
    assert "Content-Security-Policy" in answer.headers


def test_a_body_without_a_length_is_refused():
    headers = {"content-length": None, "transfer-encoding": "chunked"}

    assert send("/upload/", CHUNKS, headers=headers).status == 411


def test_a_large_body_is_refused_where_none_is_wanted(settings):
    answer = send("/", [b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)], method="POST")

    assert answer.status == 413


def test_an_upload_that_fills_the_disk_is_refused(settings):
    settings.FREE_DISK_SIZE = 2**60

    answer = send("/upload/", CHUNKS)

    assert answer.status == 507
    assert "disk is too full" in json.loads(answer.body)["error"]
    assert not kept_uploads()


def test_an_upload_that_breaks_off_says_so_and_leaves_nothing():
    send("/upload/", CHUNKS[:1], headers={"content-length": "200000"}, whole=False)

    job = Job.objects.get()
    assert job.state == Job.State.FAILED
    assert job.error == "The connection broke off after 150000 of 200000 bytes; send it again."
    assert not kept_uploads()


def test_an_upload_that_stalls_is_given_up(settings):
    settings.UPLOAD_IDLE_SECONDS = 0.05

    answer = send("/upload/", CHUNKS[:1], headers={"content-length": "150001"})

    assert answer.status == 400
    assert Job.objects.get().state == Job.State.FAILED


def test_a_full_queue_turns_uploads_away(settings):
    settings.JOBS_WAITING = 1
    assert send("/upload/", CHUNKS).status == 201

    assert send("/upload/", CHUNKS).status == 503
    assert Job.objects.count() == 1


def test_a_cancelled_upload_stops_and_leaves_nothing(monkeypatch):
    monkeypatch.setattr("layers.operations.receive_upload.REPORT_SECONDS", 0)
    monkeypatch.setattr(Job._meta.get_field("cancel_requested"), "default", True)

    answer = send("/upload/", CHUNKS)

    assert answer.status == 409
    assert Job.objects.get().state == Job.State.CANCELLED
    assert not kept_uploads()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\x\\a.tar", "a.tar"), ("a\x1b[31m", "a�[31m"), ("", "unnamed")],
)
def test_a_file_name_is_only_text(sent, kept):
    send("/upload/", CHUNKS, query=f"filename={quote(sent)}")

    assert Job.objects.get().filename == kept


def test_get_of_the_upload_address_is_refused():
    assert send("/upload/", [], method="GET").status == 405
