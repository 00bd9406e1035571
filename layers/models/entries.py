"""The paths of a layer, and what they change: three tables built to be small and quick.

Entries of one directory of one layer have contiguous ids, so a directory is a
range and no entry names its parent: see ``docs/architecture.md``.
"""

from django.db import models

from layers.models.fields import BytesField
from layers.models.layers import Chain
from layers.oci.changeset.entry import Kind

KINDS = [(kind.value, kind.word) for kind in Kind]


class Directory(models.Model):
    """One directory that a chain's top layer touches, and its subtree's totals there.

    A directory that a layer does not touch keeps the row of a chain below.
    ``path`` has neither a leading nor a closing slash; the root is ``b""``.
    """

    chain = models.ForeignKey(Chain, models.CASCADE, related_name="directories", db_index=False)
    path = BytesField()
    first_entry = models.BigIntegerField()
    entry_count = models.IntegerField()
    cut = models.BooleanField()
    """Nothing of this directory in chains below shows through: it is new, opaque or replaced."""
    gone = models.BooleanField()
    """The layer deleted, or replaced by something else, a directory that was here."""
    subtree_size = models.BigIntegerField()
    subtree_count = models.IntegerField()
    """Bytes of files, and paths, below it in the merged tree."""
    added = models.IntegerField()
    changed = models.IntegerField()
    deleted = models.IntegerField()
    """Rows of ``docker diff`` below it, for this chain's layer."""
    first_change = models.BigIntegerField()
    change_count = models.IntegerField()
    """The ``Change`` rows of the paths directly in it: a range, by name."""

    class Meta:
        indexes = [models.Index(fields=["path", "chain"], name="directory_by_path")]


class FileEntry(models.Model):
    """One entry of a layer; the columns are the fields of ``layers.oci`` ``Entry``."""

    id = models.BigAutoField(primary_key=True)
    name = BytesField()
    kind = models.SmallIntegerField(choices=KINDS)
    mode = models.SmallIntegerField()
    uid = models.BigIntegerField()
    gid = models.BigIntegerField()
    size = models.BigIntegerField()
    mtime = models.BigIntegerField()
    data_offset = models.BigIntegerField()
    sha256 = BytesField(null=True)
    linkname = BytesField(null=True)
    extra = BytesField(null=True)
    """An ``Extra`` packed by ``pack_extra``."""


class Change(models.Model):
    """One row of what a chain's top layer changes; by directory, then name, numbered in a range.

    A chain with depth 0 has none: everything in it is added.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.SmallIntegerField()
    """0 A, 1 C, 2 D; plus 4 where ``docker diff`` is silent about it."""
    reasons = models.SmallIntegerField()
    """Bits of ``layers.oci.unionfs.diff.Reason``."""
    entry_id = models.BigIntegerField(null=True)
    """The path in the merged tree (an entry of this layer, or of a lower one for a parent)."""
    lower_id = models.BigIntegerField(null=True)
    """The path in the tree below."""


class NumberRange(models.Model):
    """Hands out contiguous ids: the next free number of a table, one row each."""

    table = models.CharField(max_length=32, primary_key=True)
    next_number = models.BigIntegerField(default=1)
