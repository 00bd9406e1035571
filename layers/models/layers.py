"""Layers, the forms they are stored in, and the chains they stand in."""

from django.db import models
from django.db.models import Q

from layers.models.blobs import Blob
from layers.models.fields import BytesField


class Layer(models.Model):
    """A changeset, named by the sha256 of its uncompressed tar, shared by images.

    ``staging`` names the import that is still writing it; only rows with an
    empty ``staging`` are visible.
    """

    diff_id = models.CharField(max_length=135)
    staging = models.CharField(max_length=36, blank=True, db_index=True)
    tar_size = models.BigIntegerField()
    """Bytes of the uncompressed tar."""
    content_size = models.BigIntegerField()
    """Bytes of the files in it, as ``docker history`` counts them."""
    member_count = models.IntegerField()
    """Headers in the tar, whiteouts included."""
    first_entry = models.BigIntegerField()
    entry_count = models.IntegerField()
    """Its entries are those numbered ``first_entry`` up to, not with, ``first_entry + entry_count``."""
    fidelity = models.JSONField(default=list)
    """What was odd: a list of ``{"path", "note"}``, both text, in tar order, capped."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["diff_id"], condition=Q(staging=""), name="one_layer_a_diff_id"),
        ]

    def __str__(self) -> str:
        return self.diff_id


class StoredLayer(models.Model):
    """One form in which a layer's tar is kept: plain, gzip or zstd."""

    layer = models.ForeignKey(Layer, models.CASCADE, related_name="stored")
    blob = models.OneToOneField(Blob, models.PROTECT, related_name="stored_layer")
    media_type = models.CharField(max_length=255)
    compression = models.CharField(max_length=8, choices=[(c, c) for c in ("plain", "gzip", "zstd")])
    seek_points = BytesField(null=True, editable=False)
    """Packed by ``layers.oci.changeset.seek``; null until made, or where none are needed."""


class Chain(models.Model):
    """A layer and all below it: ``ChainID`` of image-spec config.md.

    What a layer changes depends on what lies below, so it is kept here.
    """

    chain_id = models.CharField(max_length=135)
    staging = models.CharField(max_length=36, blank=True, db_index=True)
    layer = models.ForeignKey(Layer, models.PROTECT, related_name="chains")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    depth = models.IntegerField()
    """0 at the bottom."""
    lineage = models.JSONField(default=list)
    """Ids of the chains from the bottom up to this one, itself included."""
    added = models.IntegerField(default=0)
    changed = models.IntegerField(default=0)
    deleted = models.IntegerField(default=0)
    silent = models.IntegerField(default=0)
    """Entries the layer holds that ``docker diff`` does not mention."""
    first_change = models.BigIntegerField(default=0)
    change_count = models.IntegerField(default=0)
    """Its ``Change`` rows, numbered like the entries of a layer; by directory, then name."""
    first_directory = models.BigIntegerField(default=0)
    directory_count = models.IntegerField(default=0)
    """Its ``Directory`` rows, a range in path order."""
    net_size = models.BigIntegerField(default=0)
    """Bytes by which the layer made the merged tree larger; negative when it shrank."""
    merged_size = models.BigIntegerField(default=0)
    merged_count = models.IntegerField(default=0)
    """Bytes of files, and paths, in the merged tree up to here."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chain_id"], condition=Q(staging=""), name="one_chain_a_chain_id"
            ),
        ]

    def __str__(self) -> str:
        return self.chain_id
