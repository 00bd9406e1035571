"""What a chain's top layer holds that people should know of: secrets, special modes, certificates, accounts.

No row holds a secret: it says where one is.
"""

from django.db import models

from layers.models.fields import BytesField
from layers.models.layers import Chain


class FindingScan(models.Model):
    """That a chain's top layer has been searched, and what was left out."""

    chain = models.OneToOneField(Chain, models.CASCADE, related_name="finding_scan")
    version = models.SmallIntegerField()
    """Of the rules: older rows are made anew."""
    file_count = models.IntegerField(default=0)
    byte_count = models.BigIntegerField(default=0)
    """What was read."""
    notes = models.JSONField(default=list)
    """What was not searched: a list of ``{"note", "count"}``."""


class Finding(models.Model):
    """One thing that was found."""

    chain = models.ForeignKey(Chain, models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=16)
    rule = models.CharField(max_length=32)
    """What found it: a name that ``layers.oci.findings`` knows."""
    path = BytesField()
    entry_id = models.BigIntegerField(null=True)
    """The ``FileEntry`` that holds it."""
    offset = models.BigIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    """Where in the file the secret is; 0 bytes for what is none."""
    line = models.IntegerField(default=0)
    """The line it begins in, from 1 on; 0 for what has none."""
    detail = models.JSONField(default=dict)
    """What may be told: modes, names, dates."""

    def __str__(self) -> str:
        return f"{self.kind} in {self.path!r}"
