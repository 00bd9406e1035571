"""Blobs: content that is kept as it came, named by its digest."""

from django.db import models

from layers.models.fields import BytesField


class Blob(models.Model):
    """One file of the blob store. The bytes lie in ``layers.storage``."""

    digest = models.CharField(max_length=135, unique=True)
    size = models.BigIntegerField()
    boot = models.CharField(max_length=36, blank=True)
    """The machine's boot in which the bytes were written but not yet synced; empty once they are."""
    seal = BytesField(null=True, editable=False)
    """By which ``layers.oci.changeset.seal`` knows the bytes again quickly; null until made."""
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest
