"""What was found in an image, and whether it still shows it: secrets, modes, certificates, accounts."""

from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _

from layers.models import Chain, Finding, FindingScan, Image
from layers.oci.errors import OCIError
from layers.oci.findings.places import is_sample
from layers.oci.findings.rules import RULES_BY_NAME
from layers.queries.directories import entries_between
from layers.queries.fates import Fate, fates_of
from layers.queries.files import ContentMissing, open_entry
from layers.queries.tree import lineage_of

SEARCH_VERSION: Final = 4
"""Raised when there are more rules: what older ones searched is searched again."""
KEY, TOKEN, PASSWORD = "key", "token", "password"
CREDENTIALS, SETUID, WRITABLE, CERTIFICATE, USER = "credentials", "setuid", "writable", "certificate", "user"
SECRETS: Final = (KEY, TOKEN, PASSWORD, CREDENTIALS)
"""Kinds that nobody should find in an image."""
KINDS: Final = (*SECRETS, USER, SETUID, WRITABLE, CERTIFICATE)
LONGEST_VALUE: Final = 4096
"""Bytes of a secret that are shown when asked for."""


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding where it stands in an image. It holds no secret."""

    key: str
    """By which its value is asked for."""
    kind: str
    what: str
    """For people."""
    source: str
    """``file``, ``env``, ``label`` or ``history``."""
    path: bytes = b""
    position: int | None = None
    """The layer that holds it."""
    line: int = 0
    name: str = ""
    """Of the variable or label; of a step its number."""
    fate: Fate | None = None
    """What became of the file in the layers above; None for what is no file."""
    has_value: bool = False
    """Whether there is a value that can be shown."""
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def is_sample(self) -> bool:
        """Whether it lies among tests, examples or documents."""
        return bool(self.path) and self.kind in SECRETS and is_sample(self.path)

    @property
    def is_visible(self) -> bool:
        return self.fate is None or self.fate.is_visible


def are_searched(image: Image) -> bool:
    """Whether all layers of an image have been searched."""
    lineage = lineage_of(image, _top(image))
    return FindingScan.objects.filter(chain__in=lineage, version__gte=SEARCH_VERSION).count() == len(lineage)


def file_findings(image: Image) -> list[FindingRow]:
    """What was found in its layers, by kind, layer and path."""
    lineage = lineage_of(image, _top(image))
    positions = {chain: position for position, chain in enumerate(lineage)}
    found = list(Finding.objects.filter(chain__in=lineage).order_by("pk"))
    fates = fates_of(lineage, {(row.path, positions[row.chain_id]) for row in found if row.kind != USER})
    rows = [_row(row, positions[row.chain_id], fates) for row in found]
    return sorted(
        rows, key=lambda row: (KINDS.index(row.kind), row.is_sample, row.position, row.path, row.line)
    )


def _row(row: Finding, position: int, fates: dict[tuple[bytes, int], Fate]) -> FindingRow:
    rule = RULES_BY_NAME.get(row.rule)
    return FindingRow(
        key=str(row.pk),
        kind=row.kind,
        what=rule.what if rule else "",
        source="file",
        path=row.path,
        position=position,
        line=row.line,
        fate=fates.get((row.path, position)),
        has_value=row.size > 0,
        detail=row.detail,
    )


def value_of(image: Image, key: str) -> bytes | None:
    """The secret of a finding in a file of the image, read from its layer; None where there is none."""
    row = Finding.objects.filter(chain__in=lineage_of(image, _top(image)), pk=int(key)).first()
    if row is None or not row.size or row.entry_id is None:
        return None
    found = entries_between(row.entry_id, row.entry_id + 1)
    if not found:
        return None
    try:
        layer = Chain.objects.select_related("layer").get(pk=row.chain_id).layer
        return open_entry(found[0], layer).read(row.offset, min(row.size, LONGEST_VALUE))
    except (ContentMissing, OCIError, ValueError):
        return None


def search_notes(image: Image) -> list[dict[str, Any]]:
    """What was not searched, over all layers: ``note`` and ``count``."""
    scans = FindingScan.objects.filter(chain__in=lineage_of(image, _top(image)))
    counts: dict[str, int] = {}
    for scan in scans:
        for note in scan.notes:
            counts[note["note"]] = counts.get(note["note"], 0) + note["count"]
    return [{"note": _(note), "count": count} for note, count in sorted(counts.items()) if count]


def searched_size(image: Image) -> tuple[int, int]:
    """Files and bytes that were read for the search."""
    scans = FindingScan.objects.filter(chain__in=lineage_of(image, _top(image)))
    counts = list(scans.values_list("file_count", "byte_count"))
    return sum(files for files, _ in counts), sum(size for _, size in counts)


def _top(image: Image) -> int:
    return image.chain.depth if image.chain is not None else -1
