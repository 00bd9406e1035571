"""I8: what there is, and what it takes."""

from dataclasses import dataclass

from django.db.models import Sum

from layers.models import Blob, Container, Image
from layers.storage import blobs_size


@dataclass(frozen=True, slots=True)
class Account:
    """What a check has looked at."""

    images: int
    containers: int
    blobs: int
    size: int
    """Bytes of the blobs, as their rows say."""
    disk_size: int
    """Bytes of all files among the blobs: more, while work is under way."""


def account() -> Account:
    """Rows and files, counted now."""
    return Account(
        Image.objects.count(),
        Container.objects.count(),
        Blob.objects.count(),
        Blob.objects.aggregate(size=Sum("size"))["size"] or 0,
        blobs_size(),
    )
