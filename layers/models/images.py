"""Images, the manifests they came with, and their history."""

from typing import Self

from django.db import models

from layers.models.accounts import User
from layers.models.acting import acting_user, sees_all
from layers.models.blobs import Blob
from layers.models.layers import Chain, Layer, StoredLayer


class ImageQuerySet(models.QuerySet["Image"]):
    def visible(self) -> Self:
        """The images that whoever acts may see: shared ones and their own, or all."""
        if sees_all():
            return self
        own = Image.holders.through.objects.filter(user=acting_user()).values("image")
        return self.filter(models.Q(is_shared=True) | models.Q(pk__in=own))


class Image(models.Model):
    """A config and its layers. The digest of the config is the image ID."""

    image_id = models.CharField(max_length=135, unique=True)
    config = models.ForeignKey(Blob, models.PROTECT, related_name="+")
    """The raw config JSON, as it came."""
    chain = models.ForeignKey(Chain, models.PROTECT, null=True, related_name="images")
    """The top; null for an image without layers."""
    os = models.CharField(max_length=64, blank=True)
    architecture = models.CharField(max_length=64, blank=True)
    variant = models.CharField(max_length=64, blank=True)
    created = models.CharField(max_length=64, blank=True)
    """RFC 3339, as the config spells it; empty where it says nothing."""
    author = models.TextField(blank=True)
    size = models.BigIntegerField()
    """Sum of the layers' content sizes, as ``docker images`` says."""
    imported_at = models.DateTimeField(auto_now_add=True)
    is_shared = models.BooleanField(default=True)
    """Whether everybody may see it; what a student brings is theirs until a teacher shares it."""
    holders = models.ManyToManyField(User, related_name="images")
    """The students who brought it, each of whom sees it."""

    objects = ImageQuerySet.as_manager()

    def __str__(self) -> str:
        return self.image_id


class ImageLayer(models.Model):
    """Where a layer stands in an image: position 0 is the bottom."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="image_layers")
    position = models.IntegerField()
    layer = models.ForeignKey(Layer, models.PROTECT, related_name="image_layers")
    stored = models.ForeignKey(StoredLayer, models.PROTECT, related_name="image_layers")
    """The form in which it came with this image."""
    chain = models.ForeignKey(Chain, models.PROTECT, related_name="image_layers")

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["image", "position"], name="one_layer_a_position")]


class HistoryRow(models.Model):
    """One element of the config's ``history``; index 0 is the oldest."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="history_rows")
    index = models.IntegerField()
    created = models.CharField(max_length=64, blank=True)
    created_by = models.TextField(blank=True)
    author = models.TextField(blank=True)
    comment = models.TextField(blank=True)
    empty_layer = models.BooleanField(default=False)
    position = models.IntegerField(null=True)
    """The layer this step made; null for an empty one, or when layers run out."""

    class Meta:
        ordering = ["index"]
        constraints = [models.UniqueConstraint(fields=["image", "index"], name="one_row_an_index")]


class ManifestQuerySet(models.QuerySet["Manifest"]):
    def visible(self) -> Self:
        """The documents that whoever acts may see: shared ones and those they brought themselves, or all.

        An index names others by digest, and anybody may write an index.
        """
        if sees_all():
            return self
        own = Manifest.holders.through.objects.filter(user=acting_user()).values("manifest")
        return self.filter(models.Q(is_shared=True) | models.Q(pk__in=own))


class Manifest(models.Model):
    """A manifest or index that came with an archive; raw bytes in its blob."""

    class Kind(models.TextChoices):
        IMAGE = "image"
        INDEX = "index"
        ATTESTATION = "attestation"
        ARTIFACT = "artifact"

    blob = models.OneToOneField(Blob, models.PROTECT, related_name="manifest")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    media_type = models.CharField(max_length=255, blank=True)
    image = models.ForeignKey(Image, models.CASCADE, null=True, related_name="manifests")
    """What an image manifest describes."""
    blobs = models.ManyToManyField(Blob, related_name="named_by")
    """Every blob it names that is kept: the config and layers of an image, the content of an artifact."""
    is_shared = models.BooleanField(default=True)
    """As of an image: whether everybody may see it, or only its holders."""
    holders = models.ManyToManyField(User, related_name="+")

    objects = ManifestQuerySet.as_manager()


class IndexEntry(models.Model):
    """One descriptor of an index, in its order."""

    index = models.ForeignKey(Manifest, models.CASCADE, related_name="entries")
    position = models.IntegerField()
    manifest = models.ForeignKey(Manifest, models.CASCADE, null=True, related_name="listed_by")
    """Null where the archive does not hold it."""
    digest = models.CharField(max_length=135)
    platform = models.CharField(max_length=255, blank=True)
    """``os/architecture[/variant]``; empty where the index says nothing."""
    annotations = models.JSONField(default=dict)

    class Meta:
        ordering = ["position"]
