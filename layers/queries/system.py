"""Which operating system the merged tree of a chain shows."""

from collections.abc import Sequence

from layers.models import Chain, PackageScan
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import split
from layers.oci.errors import OCIError
from layers.oci.packages.osrelease import LONGEST, PATHS, read_os_release
from layers.queries.directories import directory_rows, merged, shining_through
from layers.queries.files import ContentMissing, open_entry


def read_os_release_at(chain: Chain) -> dict[str, str]:
    """The fields of its ``os-release``: of the chain below where this layer left it alone."""
    found = find_os_release(chain.lineage)
    if found is None:
        return {}
    entry, position = found
    below = PackageScan.objects.filter(chain=chain.parent_id).first()
    if position < chain.depth and below is not None and find_os_release(chain.lineage[:-1]) == found:
        return dict(below.os_release)
    layer = Chain.objects.select_related("layer").get(pk=chain.lineage[position]).layer
    try:
        return dict(read_os_release(open_entry(entry, layer).read(0, LONGEST)))
    except (ContentMissing, OCIError):
        return {}


def find_os_release(lineage: Sequence[int]) -> tuple[Entry, int] | None:
    """The file that says it, and the layer it came from; a link between the two places is as good as none."""
    for path in PATHS:
        directory, name = split(path)
        found = merged(shining_through(directory_rows(lineage, directory))).get(name)
        if found is not None and found[0].kind is Kind.FILE:
            return found
    return None
