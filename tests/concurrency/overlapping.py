"""Images that share their lower layers: docker-archives made in sight."""

import json

from layers.oci.digest import Digest
from tests.oci.archives import config, packed


def archive(top: int, *, files: int = 40) -> bytes:
    """An image of three layers: two that every one of them has, and one of its own."""
    shared = [
        packed(*((f"{name}/{number}", f"{name} {number}\n".encode() * 50) for number in range(files)))
        for name in ("bottom", "middle")
    ]
    layers = [*shared, packed(("own", f"{top}\n".encode()))]
    raw = config(*layers)
    name = f"{Digest.of(raw).hex}.json"
    names = [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": name, "RepoTags": [f"overlapping:{top}"], "Layers": names}]
    return packed(
        (name, raw), *zip(names, layers, strict=True), ("manifest.json", json.dumps(manifest).encode())
    )
