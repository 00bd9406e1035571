"""References: names that move."""

from typing import Self

from django.db import models
from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q, Value
from django.db.models.functions import Concat

from layers.models.accounts import Role, User
from layers.models.acting import acting_user
from layers.models.images import Image, Manifest
from layers.oci.reference import DEFAULT_DOMAIN


class ReferenceQuerySet(models.QuerySet["Reference"]):
    def visible(self) -> Self:
        """The names of images that whoever acts may see.

        What another student calls an image is theirs until a teacher shares it:
        else it would tell a student who has an image who has it as well.
        """
        user = acting_user()
        if user is None or user.sees_all:
            return self
        others = User.objects.filter(role=Role.STUDENT).exclude(pk=user.pk)
        spelled = others.annotate(
            prefix=Concat(Value(f"{DEFAULT_DOMAIN}/"), "name", Value("/")),
            repository=ExpressionWrapper(OuterRef("repository"), output_field=models.CharField()),
        )
        theirs = spelled.filter(repository__startswith=F("prefix"))
        seen = self.filter(image__in=Image.objects.visible())
        return seen.filter(Q(image__is_shared=True) | ~Exists(theirs))


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
