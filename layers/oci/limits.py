"""How much a stranger's file may ask of us: every bound in one value."""

from dataclasses import dataclass

KIB, MIB, GIB = 2**10, 2**20, 2**30


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one import. Sizes in bytes, counts in items.

    The defaults suit one person on a laptop, ``SHARED`` a machine that many use;
    ``imagebrowser.settings`` reads each from ``IMAGEBROWSER_LIMIT_<NAME>``.
    """

    upload_size: int = 20 * GIB
    unpacked_size: int = 64 * GIB
    ratio: int = 1000
    ratio_floor: int = 64 * MIB
    layer_entries: int = 1_000_000
    image_entries: int = 2_000_000
    layers: int = 256
    images: int = 100
    tags: int = 200
    index_entries: int = 100
    index_depth: int = 5
    descriptors: int = 10_000
    archive_members: int = 100_000
    path_length: int = 4096
    component_length: int = 255
    path_depth: int = 1024
    link_length: int = 4096
    link_hops: int = 40
    extension_size: int = MIB
    extension_run: int = 32
    sparse_regions: int = 100_000
    json_size: int = 4 * MIB
    json_depth: int = 64
    json_digits: int = 19
    json_string: int = MIB
    zstd_window: int = 128 * MIB
    frames: int = 100_000


SHARED = Limits(
    upload_size=2 * GIB, unpacked_size=8 * GIB, ratio=200, layer_entries=300_000, image_entries=600_000
)
"""For a machine that many use: what one of them sends leaves room for the others."""
