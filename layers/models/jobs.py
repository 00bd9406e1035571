"""Jobs: imports that wait, run, or have ended, and how far they are."""

import uuid
from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone

from layers.models.accounts import User
from layers.models.acting import acting_user, sees_all

PAUSED_AFTER = timedelta(seconds=15)


class JobQuerySet(models.QuerySet["Job"]):
    def visible(self) -> Self:
        """The imports that whoever acts may see: their own, or all."""
        return self if sees_all() else self.filter(owner=acting_user())


class Job(models.Model):
    """One archive on its way in. The child process that runs it writes its progress here."""

    class State(models.TextChoices):
        RECEIVING = "receiving"
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    class Stage(models.TextChoices):
        RECEIVE = "receive"
        VERIFY = "verify"
        INDEX = "index"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="jobs")
    """Null without accounts."""
    filename = models.CharField(max_length=255)
    """What the sender called it: shown, never opened."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVING)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.RECEIVE)
    done_size = models.BigIntegerField(default=0)
    total_size = models.BigIntegerField(null=True)
    """Bytes of the stage, done and in all; null while unknown."""
    fingerprint = models.CharField(max_length=64, blank=True)
    """How the sender of an archive that comes in parts knows it again; empty for one that comes in one go."""
    detail = models.CharField(max_length=255, blank=True)
    """What is being read now: "layer 3 of 5"."""
    cancel_requested = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    image_ids = models.JSONField(default=list)
    references = models.JSONField(default=list)
    fidelity = models.JSONField(default=list)
    """The fidelity report: a list of ``{"where", "path", "note"}``."""
    pid = models.IntegerField(null=True)
    attempts = models.SmallIntegerField(default=0)
    """How often a child was started for it: one that takes the server down with it is not tried for ever."""
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    @property
    def is_resumable(self) -> bool:
        """Whether its archive comes in parts, some of which are still missing."""
        return self.state == self.State.RECEIVING and bool(self.fingerprint)

    @property
    def is_paused(self) -> bool:
        """Whether it waits for a part that nobody sends at the moment."""
        silent = timezone.now() - (self.heartbeat_at or self.created_at)
        return self.is_resumable and silent > PAUSED_AFTER

    @property
    def is_active(self) -> bool:
        return self.state in (self.State.RECEIVING, self.State.QUEUED, self.State.RUNNING)
