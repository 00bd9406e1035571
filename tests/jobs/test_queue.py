"""The line of imports, and what is done about those whose process is no more."""

import os

import pytest

from layers.jobs.queue import ATTEMPTS, Claim, cancel, next_claim, recover
from layers.models import Job
from layers.queries.fsck.leftovers import STALE_SECONDS
from layers.uploads import Upload, kept_uploads, lock_upload, upload_path

pytestmark = pytest.mark.django_db


def job(state: str = Job.State.QUEUED, **fields) -> Job:
    """A job with its archive, which nobody works on."""
    upload = Upload(None)
    upload.write(b"archive")
    upload.keep()
    return Job.objects.create(id=upload.number, filename="a.tar", state=state, **fields)


def state_of(given: Job) -> str:
    given.refresh_from_db()
    return given.state


def test_the_job_that_waited_longest_is_taken_first():
    first, second = job(), job()

    claims = [next_claim(), next_claim(), next_claim()]

    assert [claim and claim.job for claim in claims] == [first, second, None]
    assert state_of(first) == Job.State.RUNNING
    assert first.attempts == 1
    assert first.started_at is not None


def test_a_job_whose_archive_is_locked_is_left_to_its_holder():
    waiting = job()
    lock = lock_upload(waiting.pk)

    assert next_claim() is None
    os.close(lock)
    assert next_claim().job == waiting


def test_a_job_that_waits_for_an_archive_that_is_gone_ends():
    waiting = job()
    upload_path(waiting.pk).unlink()

    recover()

    assert state_of(waiting) == Job.State.FAILED
    assert "send it again" in waiting.error


def test_a_released_claim_can_be_taken_again():
    waiting = job()
    Claim.take(waiting).release()

    assert Claim.take(waiting) is not None


def test_a_cancelled_job_that_waits_ends_at_once_and_its_archive_goes():
    waiting = job()

    cancel(waiting)

    assert state_of(waiting) == Job.State.CANCELLED
    assert waiting.ended_at is not None
    assert not upload_path(waiting.pk).exists()


@pytest.mark.parametrize("state", [Job.State.RECEIVING, Job.State.RUNNING])
def test_a_cancelled_job_that_works_is_asked_to_end(state):
    working = job(state)

    cancel(working)

    assert state_of(working) == state
    assert working.cancel_requested


@pytest.mark.parametrize("state", [Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED])
def test_cancelling_what_has_ended_changes_nothing(state):
    ended = job(state)

    cancel(ended)

    assert state_of(ended) == state
    assert not ended.cancel_requested


def test_an_import_whose_server_stopped_waits_again():
    running = job(Job.State.RUNNING, attempts=1, pid=1)

    recover()

    assert state_of(running) == Job.State.QUEUED
    assert running.pid is None
    assert upload_path(running.pk).exists()


def test_an_import_that_stops_every_server_is_given_up():
    running = job(Job.State.RUNNING, attempts=ATTEMPTS)

    recover()

    assert state_of(running) == Job.State.FAILED
    assert "tried 3 times" in running.error
    assert not upload_path(running.pk).exists()


def test_an_import_that_was_to_end_when_its_server_stopped_has_ended():
    running = job(Job.State.RUNNING, cancel_requested=True)

    recover()

    assert state_of(running) == Job.State.CANCELLED


def test_half_an_archive_is_given_up():
    receiving = job(Job.State.RECEIVING)

    recover()

    assert state_of(receiving) == Job.State.FAILED
    assert receiving.error == "The server stopped before the archive was whole; send it again."
    assert not upload_path(receiving.pk).exists()


@pytest.mark.parametrize("state", [Job.State.RECEIVING, Job.State.RUNNING])
def test_a_job_whose_archive_is_locked_lives(state):
    working = job(state)
    lock = lock_upload(working.pk)

    recover()

    assert state_of(working) == state
    os.close(lock)


def test_a_job_without_its_archive_is_given_up():
    running = job(Job.State.RUNNING)
    upload_path(running.pk).unlink()

    recover()

    assert state_of(running) == Job.State.FAILED
    assert "gone" in running.error


def test_archives_of_no_job_are_removed_once_they_are_old():
    stale, fresh, waiting = job(Job.State.DONE), job(Job.State.DONE), job()
    for old in (stale, waiting):
        written_at = upload_path(old.pk).stat().st_mtime - STALE_SECONDS
        os.utime(upload_path(old.pk), (written_at, written_at))

    recover()

    assert {number for number, _written_at in kept_uploads()} == {fresh.pk, waiting.pk}


def test_files_that_are_no_archives_are_left_alone(data_dir):
    job()
    stray = data_dir / "tmp" / "uploads" / "notes.txt"
    stray.write_text("mine")
    os.utime(stray, (0, 0))

    recover()

    assert stray.exists()
