"""The column for what few entries have: an ``Extra`` as JSON bytes."""

import json
from base64 import b64decode, b64encode

from layers.oci.changeset.entry import Extra


def pack_extra(extra: Extra | None) -> bytes | None:
    """``extra`` as compact JSON; only what differs from the defaults."""
    if extra is None:
        return None
    document: dict[str, object] = {}
    if extra.mtime_ns:
        document["ns"] = extra.mtime_ns
    if extra.xattrs:
        document["xattrs"] = [[_text(key), _text(value)] for key, value in extra.xattrs]
    if extra.rdev is not None:
        document["rdev"] = extra.rdev
    if extra.sparse:
        document["sparse"] = extra.sparse
    if extra.hardlink is not None:
        document["link"] = _text(extra.hardlink)
    if extra.implicit:
        document["implicit"] = True
    if extra.note:
        document["note"] = extra.note
    return json.dumps(document, separators=(",", ":")).encode()


def unpack_extra(packed: bytes | None) -> Extra | None:
    """The ``Extra`` that :func:`pack_extra` packed."""
    if packed is None:
        return None
    document = json.loads(packed)
    return Extra(
        document.get("ns", 0),
        tuple((b64decode(key), b64decode(value)) for key, value in document.get("xattrs", ())),
        tuple(document["rdev"]) if "rdev" in document else None,
        tuple((offset, length) for offset, length in document.get("sparse", ())),
        b64decode(document["link"]) if "link" in document else None,
        document.get("implicit", False),
        document.get("note", ""),
    )


def _text(value: bytes) -> str:
    return b64encode(value).decode()
