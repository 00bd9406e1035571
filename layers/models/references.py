"""References: names that move."""

from typing import Self

from django.db import models

from layers.models.acting import sees_all
from layers.models.images import Image, Manifest


class ReferenceQuerySet(models.QuerySet["Reference"]):
    def visible(self) -> Self:
        """The names of images that whoever acts may see."""
        return self if sees_all() else self.filter(image__in=Image.objects.visible())


class Reference(models.Model):
    """``repository:tag``, a movable label on an image; in full form: ``docker.io/library/nginx``."""

    repository = models.CharField(max_length=255)
    tag = models.CharField(max_length=128)
    image = models.ForeignKey(Image, models.CASCADE, related_name="references")
    """The host's platform where an index offers several, else the first."""
    index = models.ForeignKey(Manifest, models.SET_NULL, null=True, related_name="references")
    """The index the name stood on, whose other platforms it also names."""
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "tag"], name="one_image_a_name")]

    def __str__(self) -> str:
        return f"{self.repository}:{self.tag}"
