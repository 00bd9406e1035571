"""The packages of a chain: what its top layer added, upgraded and removed."""

from django.db import models

from layers.models.fields import BytesField
from layers.models.layers import Chain


class PackageScan(models.Model):
    """That the packages of a chain have been read, and what came of it besides them."""

    chain = models.OneToOneField(Chain, models.CASCADE, related_name="package_scan")
    version = models.SmallIntegerField()
    """Of the readers: older rows are made anew."""
    os_release = models.JSONField(default=dict)
    """Fields of the ``os-release`` that the merged tree shows; empty where it has none."""
    notes = models.JSONField(default=list)
    """What was not read, and why: a list of ``{"path", "note"}``, both text, capped."""


class PackageChange(models.Model):
    """One package that a chain's top layer brought, replaced or took away."""

    chain = models.ForeignKey(Chain, models.CASCADE, related_name="package_changes")
    kind = models.SmallIntegerField()
    """``layers.oci.packages.delta`` ``PackageChangeKind``."""
    type = models.CharField(max_length=8)
    name = models.CharField(max_length=400, db_index=True)
    version = models.CharField(max_length=400)
    previous = models.CharField(max_length=400, blank=True)
    """The version that an upgrade replaced."""
    arch = models.CharField(max_length=400, blank=True)
    source = models.CharField(max_length=400, blank=True)
    licence = models.CharField(max_length=400, blank=True)
    path = BytesField()
    """The file that says, or said, that it is there."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
