"""The index of paths: the rows that segments of ``layers.pathindex`` are kept in.

Each row's id begins with its segment, so a segment is one range of each table.
"""

from django.db import models

from layers.models.fields import BytesField
from layers.models.images import Image

BLOCK_BITS = 24
GRAM_BITS = 24
BUCKET_BITS = 20


class SearchSegment(models.Model):
    """Some layers' paths, indexed; its rows never change once it is ready."""

    class State(models.TextChoices):
        BUILDING = "building"
        READY = "ready"
        RETIRED = "retired"
        """Others have its layers now; its rows stay a while for searches that have begun."""

    state = models.CharField(max_length=8, choices=State.choices, default=State.BUILDING)
    layers = models.JSONField(default=list)
    """Ids of its layers. One that has been deleted since counts no more."""
    sizes = models.JSONField(default=list)
    """How many entries each has."""
    path_count = models.IntegerField(default=0)
    block_count = models.IntegerField(default=0)
    content_count = models.IntegerField(default=0)
    content_bits = models.IntegerField(default=0)
    """How many leading bits of a digest a ``SearchContent`` stands for."""
    changed_at = models.DateTimeField(auto_now=True)


class SearchBlock(models.Model):
    """Paths, and which layers hold them: ``layers.pathindex.block``."""

    id = models.BigAutoField(primary_key=True)
    text = BytesField()
    places = BytesField()


class SearchGram(models.Model):
    """Which blocks hold three letters: ``layers.pathindex.postings``."""

    id = models.BigAutoField(primary_key=True)
    postings = BytesField()


class SearchContent(models.Model):
    """Which paths hold content whose sha256 begins so: ``layers.pathindex.contents``."""

    id = models.BigAutoField(primary_key=True)
    numbers = BytesField()


def block_id(segment: int, number: int) -> int:
    """The id of a block of a segment."""
    return segment << BLOCK_BITS | number


def gram_id(segment: int, of_directory: bool, gram: bytes) -> int:
    """The id of a gram's row; those of directories follow those of names."""
    return (segment << 1 | of_directory) << GRAM_BITS | int.from_bytes(gram)


def content_id(segment: int, bucket: int) -> int:
    """The id of a bucket of contents."""
    return segment << BUCKET_BITS | bucket


class ConfigText(models.Model):
    """A line of an image's config, to be searched; each image that is indexed has at least one."""

    image = models.ForeignKey(Image, models.CASCADE, related_name="config_texts")
    field = models.CharField(max_length=16)
    """The Dockerfile instruction that sets it, or ``PLATFORM``."""
    text = models.TextField()
    """``NAME=value`` for what has a name."""
