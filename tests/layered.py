"""Images of several layers, in sight: each layer as its files."""

import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from layers.models import Image
from layers.oci.digest import Digest
from layers.operations.import_archive import import_archive
from tests.oci.archives import Link, config, packed

File = bytes | Link | tuple[bytes, int]
"""Content; or a tar type and its target; or content and mode."""
LayerFiles = Mapping[str, File]


def layer_tar(files: LayerFiles) -> bytes:
    """A layer's tar, its members in the order given; a name that ends with a slash is a directory."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name.rstrip("/"))
            if isinstance(content, tuple) and isinstance(content[1], str):
                info.type, info.linkname = content
                tar.addfile(info)
                continue
            data, info.mode = content if isinstance(content, tuple) else (content, 0o644)
            if name.endswith("/"):
                info.type, info.mode = tarfile.DIRTYPE, info.mode if isinstance(content, tuple) else 0o755
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


def layered_archive(
    *layers: LayerFiles | bytes,
    name: str = "test:1",
    pack: Callable[[bytes], bytes] = bytes,
    **members: object,
) -> bytes:
    """A ``docker save`` archive of one image, its layers packed; ``members`` go into its config."""
    tars = [layer if isinstance(layer, bytes) else layer_tar(layer) for layer in layers]
    raw = config(*tars, **members)
    places = [f"{number:02}/layer.tar" for number in range(len(tars))]
    config_name = f"{Digest.of(raw).hex}.json"
    manifest = [{"Config": config_name, "RepoTags": [name] if name else None, "Layers": places}]
    parts = [(config_name, raw), *zip(places, map(pack, tars), strict=True)]
    return packed(*parts, ("manifest.json", json.dumps(manifest).encode()))


def import_layers(*layers: LayerFiles | bytes, **members: Any) -> Image:
    """The image in the library; takes what :func:`layered_archive` takes."""
    archive = layered_archive(*layers, **members)
    return import_archive(io.BytesIO(archive), filename="test.tar").images[0]


def steps(*created_by: str, empty: Sequence[int] = ()) -> list[dict[str, object]]:
    """A history; ``empty`` are the numbers of rows that made no layer."""
    return [
        {"created": "2024-01-02T03:04:05Z", "created_by": text, "empty_layer": number in empty}
        for number, text in enumerate(created_by)
    ]
