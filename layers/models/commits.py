"""Commits: which image was made of which container, and how."""

from django.db import models

from layers.models.images import Image


class Commit(models.Model):
    """One commit. Author, message and time stand in the image's history: they are not told twice."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="commits")
    base = models.ForeignKey(Image, models.SET_NULL, null=True, related_name="+")
    """What the container stood on; null once that is deleted."""
    container_id = models.CharField(max_length=64)
    container_name = models.CharField(max_length=128)
    """At that time: the container may be gone."""
    reference = models.CharField(max_length=400, blank=True)
    """The name that was asked for, as docker shows it."""
    changes = models.JSONField(default=list)
    """Lines of a Dockerfile that changed the config."""
    left_out = models.JSONField(default=list)
    """Paths that the layer did not get, percent-encoded."""
    reproducible = models.BooleanField()
    moved = models.BooleanField()
    """Whether the container stood on the image afterwards."""
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
