"""Containers: an image with an upper that a person edits."""

from typing import Self

from django.db import models

from layers.models.accounts import User
from layers.models.acting import acting_user, sees_all
from layers.models.blobs import Blob
from layers.models.entries import KINDS
from layers.models.fields import BytesField
from layers.models.images import Image


class ContainerQuerySet(models.QuerySet["Container"]):
    def visible(self) -> Self:
        """The containers that whoever acts may see: their own, or all."""
        return self if sees_all() else self.filter(owner=acting_user())


class Container(models.Model):
    """An image, and what was changed in it."""

    container_id = models.CharField(max_length=64, unique=True)
    """64 hex digits, as docker's."""
    name = models.CharField(max_length=128)
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="containers")
    """Null without accounts."""
    image = models.ForeignKey(Image, models.PROTECT, related_name="containers")
    config_changes = models.JSONField(default=list)
    """Lines of a Dockerfile that the next commit applies to the config."""
    author = models.CharField(max_length=255, blank=True)
    message = models.TextField(blank=True)
    """Drafts for the next commit."""
    typed = models.JSONField(default=dict)
    """All that is filled in for it, as it was typed, what would be refused too."""
    revision = models.IntegerField(default=0)
    """Counts the edits, undone ones too: who has seen the same number has seen the same container."""
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = ContainerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="one_container_a_name_of_an_owner"),
            models.UniqueConstraint(
                fields=["name"], condition=models.Q(owner=None), name="one_container_a_name_of_nobody"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def short_id(self) -> str:
        """The first twelve digits, as docker shows an ID."""
        return self.container_id[:12]


class UpperRow(models.Model):
    """One path of a container's upper: the fields of ``layers.oci`` ``UpperEntry``."""

    container = models.ForeignKey(Container, models.CASCADE, related_name="upper_rows")
    path = BytesField()
    kind = models.SmallIntegerField(choices=KINDS)
    mode = models.SmallIntegerField()
    uid = models.BigIntegerField()
    gid = models.BigIntegerField()
    size = models.BigIntegerField()
    mtime = models.BigIntegerField()
    sha256 = BytesField(null=True)
    content = models.ForeignKey(Blob, models.PROTECT, null=True, related_name="upper_rows")
    """The new content of a file; null where it has the content of ``origin``, or none."""
    origin = models.BigIntegerField(null=True)
    """The ``FileEntry`` of the image that a copied-up file shares its content with."""
    linkname = BytesField(null=True)
    extra = BytesField(null=True)
    """An ``Extra`` packed by ``pack_extra``."""
    opaque = models.BooleanField()
    link_group = models.IntegerField()
    """Paths with the same number are hard links to one file; 0 for a file alone."""
    lower = models.BigIntegerField(null=True)
    """The ``FileEntry`` that the image has at the path; null where it has none."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["container", "path"], name="one_upper_row_a_path"),
        ]


class Edit(models.Model):
    """One step in the life of a container, to be undone and redone."""

    container = models.ForeignKey(Container, models.CASCADE, related_name="edits")
    number = models.IntegerField()
    label = models.CharField(max_length=255)
    """What was done, for people: “write /etc/motd”."""
    at = models.DateTimeField(auto_now_add=True)
    rows = models.JSONField()
    """Pairs of a path's row before and after, packed by ``pack_row``."""
    undone = models.BooleanField(default=False)
    blobs = models.ManyToManyField(Blob, related_name="edits")
    """Contents that undoing or redoing needs."""

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["container", "number"], name="one_edit_a_number")]
