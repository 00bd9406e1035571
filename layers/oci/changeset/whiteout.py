"""How a layer's tar spells deletions: image-spec layer.md, "Whiteouts"."""

PREFIX = b".wh."
OPAQUE_NAME = b".wh..wh..opq"
AUFS_PREFIX = b".wh..wh."
"""Names that AUFS kept for itself; engines ignore them all but the opaque mark."""
AUFS_LINKS = b".wh..wh.plnk"
"""Where AUFS kept the targets of hard links."""


def spell(name: bytes) -> bytes:
    """The name of the whiteout that deletes ``name``."""
    return PREFIX + name


def hidden_name(name: bytes) -> bytes:
    """The name that the whiteout ``name`` deletes: ``b""``, ``b"."`` and ``b".."`` delete nothing."""
    return name.removeprefix(PREFIX)
