"""Jobs: imports that wait, run, or have ended, and how far they are."""

import uuid

from django.db import models


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
    filename = models.CharField(max_length=255)
    """What the sender called it: shown, never opened."""
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVING)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.RECEIVE)
    done_size = models.BigIntegerField(default=0)
    total_size = models.BigIntegerField(null=True)
    """Bytes of the stage, done and in all; null while unknown."""
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

    class Meta:
        ordering = ["-created_at"]

    @property
    def is_active(self) -> bool:
        return self.state in (self.State.RECEIVING, self.State.QUEUED, self.State.RUNNING)
