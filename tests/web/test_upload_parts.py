"""Archives that come in parts: a cut connection goes on where it ended, and nothing is lost or left."""

import dataclasses
import json
import random
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from layers.jobs.queue import recover
from layers.models import Job
from layers.operations.resume_upload import end_dead_uploads
from layers.uploads import Part, kept_uploads, upload_path
from tests.web.asgi import Answer, send

pytestmark = pytest.mark.django_db(transaction=True)

ARCHIVE = random.Random(1).randbytes(700_001)
CUTS = 20


def opened(data: bytes = ARCHIVE, *, name: str = "a.tar", fingerprint: str = "f1", **options) -> Answer:
    query = f"filename={name}&size={len(data)}&fingerprint={fingerprint}"
    return send("/uploads/", [], method="POST", query=query, **options)


def told(answer: Answer) -> dict:
    return json.loads(answer.body)


def part(url: str, offset: int, data: bytes, *, announced: int | None = None, **options) -> Answer:
    headers = {"upload-offset": str(offset), "content-length": str(announced or len(data))}
    pieces = [data[start : start + 10_000] for start in range(0, len(data), 10_000)]
    return send(url, pieces, method="PATCH", headers=headers | options.pop("headers", {}), **options)


def asked(url: str) -> dict:
    return told(send(url, [], method="GET"))


@pytest.fixture
def url() -> str:
    answer = opened()
    assert answer.status == 201
    return told(answer)["url"]


def test_parts_become_a_queued_job_with_their_bytes(url):
    assert told(part(url, 0, ARCHIVE[:300_000])) | {"id": "", "page": "", "url": ""} == {
        "id": "",
        "url": "",
        "page": "",
        "offset": 300_000,
        "size": len(ARCHIVE),
        "state": "receiving",
    }
    last = told(part(url, 300_000, ARCHIVE[300_000:]))

    job = Job.objects.get()
    assert (last["state"], last["offset"], job.state) == ("queued", len(ARCHIVE), Job.State.QUEUED)
    assert last["page"] == f"/imports/{job.pk}/"
    assert upload_path(job.pk).read_bytes() == ARCHIVE
    assert upload_path(job.pk).stat().st_mode & 0o777 == 0o600


def test_a_connection_that_is_cut_again_and_again_loses_no_byte(url):
    draw = random.Random(2)
    for _ in range(CUTS):
        offset = asked(url)["offset"]
        end = offset + draw.randrange(1, len(ARCHIVE) // CUTS)
        part(url, offset, ARCHIVE[offset:end], announced=len(ARCHIVE) - offset, whole=False)
        assert asked(url)["offset"] == end

    offset = asked(url)["offset"]
    assert told(part(url, offset, ARCHIVE[offset:]))["state"] == "queued"
    assert upload_path(Job.objects.get().pk).read_bytes() == ARCHIVE


def test_a_line_that_stalls_keeps_what_has_come(url, settings):
    settings.UPLOAD_IDLE_SECONDS = 0.05

    answer = send(
        url,
        [ARCHIVE[:5000]],
        method="PATCH",
        headers={"upload-offset": "0", "content-length": str(len(ARCHIVE))},
        whole=None,
    )

    assert answer.status == 400
    assert asked(url) | {"state": "receiving", "offset": 5000} == asked(url)


def test_a_slow_line_is_waited_for_as_long_as_something_comes(settings):
    """Bytes that drip in for many times the idle time, as gigabytes do over a slow line."""
    settings.UPLOAD_IDLE_SECONDS = 0.2
    data = ARCHIVE[:40_000]
    url = told(opened(data))["url"]
    pieces = [data[start : start + 1000] for start in range(0, len(data), 1000)]
    headers = {"upload-offset": "0", "content-length": str(len(data))}

    answer = send(url, pieces, method="PATCH", headers=headers, pause=0.04)

    assert told(answer)["state"] == "queued"


@pytest.mark.parametrize("offset", [1, 700_001, 10**17])
def test_a_part_that_starts_elsewhere_is_told_where_to_start(url, offset):
    part(url, 0, ARCHIVE[:1000])

    answer = part(url, offset, b"x")

    assert (answer.status, told(answer)["offset"]) == (409, 1000)
    assert asked(url)["offset"] == 1000


@pytest.mark.parametrize("offset", [None, "", "-1", "1e3", "x" * 30, "١"])
def test_a_part_without_a_sensible_offset_is_refused(url, offset):
    headers = {"upload-offset": offset and offset.encode().decode("latin-1")}

    assert send(url, [b"x"], method="PATCH", headers=headers).status in (400, 409)
    assert asked(url)["offset"] == 0


@pytest.mark.parametrize(
    "query",
    [
        "filename=a",
        "size=-1&fingerprint=f",
        "size=1",
        "size=1&fingerprint=..%2f",
        "size=1&fingerprint=" + "f" * 65,
    ],
)
def test_an_upload_that_does_not_say_enough_is_refused(query):
    assert send("/uploads/", [], method="POST", query=query).status == 400
    assert not Job.objects.exists()


def test_the_same_file_goes_on_where_it_ended(url):
    part(url, 0, ARCHIVE[:1234])

    again = opened()

    assert again.status == 200
    assert (told(again)["url"], told(again)["offset"]) == (url, 1234)


@pytest.mark.parametrize("other", [{"name": "b.tar"}, {"fingerprint": "f2"}, {"data": ARCHIVE[:-1]}])
def test_another_file_starts_anew(url, other):
    assert told(opened(**({"data": ARCHIVE} | other)))["url"] != url


def test_an_empty_archive_needs_no_part():
    assert told(opened(b""))["state"] == "queued"


def test_more_than_was_announced_is_refused_and_what_was_right_is_kept(url):
    answer = part(url, 0, ARCHIVE + b"more")

    assert answer.status == 413
    assert Job.objects.get().state == Job.State.RECEIVING


def test_limits_are_told_before_a_byte_is_sent(settings):
    settings.LIMITS = dataclasses.replace(settings.LIMITS, upload_size=1000)

    answer = opened()

    assert (answer.status, told(answer)["error"]) == (413, "limit upload_size = 1000, found 700001")
    assert not kept_uploads()


def test_space_that_other_uploads_were_promised_is_not_promised_again(url, settings, monkeypatch):
    free = len(ARCHIVE) + 1000
    monkeypatch.setattr("layers.uploads.shutil.disk_usage", lambda path: SimpleNamespace(free=free))

    assert opened(name="b.tar").status == 507

    part(url, 0, ARCHIVE)
    assert opened(name="b.tar").status == 201


def test_too_many_unfinished_uploads_are_refused(url, settings):
    settings.UPLOADS_AT_ONCE = 1

    answer = opened(name="b.tar")

    assert answer.status == 429
    assert (
        told(answer)["error"]
        == "limit uploads_at_once = 1, found 1: finish or cancel an unfinished one first."
    )


def test_a_cancelled_upload_is_gone_at_once(url):
    part(url, 0, ARCHIVE[:1000])

    assert told(send(url, [], method="DELETE"))["state"] == "cancelled"
    assert not kept_uploads()
    assert part(url, 1000, b"x").status == 410


def test_an_upload_that_is_cancelled_while_it_comes_in_stops(url, monkeypatch):
    monkeypatch.setattr("layers.operations.resume_upload.REPORT_SECONDS", 0)
    Job.objects.update(cancel_requested=True)

    assert part(url, 0, ARCHIVE).status == 409
    assert Job.objects.get().state == Job.State.CANCELLED
    assert not kept_uploads()


def test_two_connections_do_not_mix_their_bytes(url):
    with Part(Job.objects.get().pk):
        assert part(url, 0, ARCHIVE[:1000]).status == 423
    assert part(url, 0, ARCHIVE[:1000]).status == 200


def test_an_upload_waits_for_its_sender_while_the_server_is_started_again(url):
    part(url, 0, ARCHIVE[:1000])

    recover()
    end_dead_uploads()

    assert asked(url)["offset"] == 1000


def test_an_upload_that_nobody_goes_on_with_is_given_up(url, settings):
    part(url, 0, ARCHIVE[:1000])
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=settings.UPLOAD_KEEP_SECONDS + 1))

    end_dead_uploads()

    job = Job.objects.get()
    assert (job.state, "24 hours" in job.error) == (Job.State.FAILED, True)
    assert not kept_uploads()


def test_an_upload_that_is_being_sent_is_not_given_up(url):
    Job.objects.update(heartbeat_at=timezone.now() - timedelta(days=9))
    with Part(Job.objects.get().pk):
        end_dead_uploads()

    assert Job.objects.get().state == Job.State.RECEIVING


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize(
    "headers", [{"x-csrftoken": None}, {"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}]
)
def test_pages_elsewhere_can_neither_send_nor_cancel(url, method, headers):
    assert send(url, [], method=method, headers={"upload-offset": "0"} | headers).status == 403
    assert Job.objects.get().state == Job.State.RECEIVING


def test_an_archive_sent_in_one_go_is_no_upload_in_parts():
    send("/upload/", [b"abc"])

    assert send(f"/uploads/{Job.objects.get().pk}/", [], method="GET").status == 404
