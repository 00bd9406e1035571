"""I5: each upper stands on its image, its contents are kept, and its edits lead to where it is."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain as together
from typing import Final

from django.utils.translation import gettext as _

from layers.models import Blob, Container, Edit
from layers.models.upperrows import unpack_row
from layers.oci.changeset.entry import Entry, Kind
from layers.oci.changeset.paths import as_text, clean, split
from layers.oci.unionfs.mergedview import UpperEntry
from layers.oci.unionfs.upper import Row, Upper
from layers.queries.change_rows import entries_numbered
from layers.queries.fsck.problem import Fault, Problem
from layers.queries.uppers import upper_to_edit

DIGESTS_A_QUERY = 500
UNREADABLE: Final = (ValueError, TypeError, IndexError, KeyError)
"""What comes of unpacking something else than was packed."""


def check_containers() -> Iterator[Problem]:
    """Every container, its rows and its steps."""
    for container in Container.objects.select_related("image__chain").order_by("pk"):
        try:
            upper = upper_to_edit(container)
        except UNREADABLE as error:
            yield problem(Fault.UPPER_WRONG, container, _("A row cannot be read: %s.") % error)
            continue
        yield from check_upper(container, upper)
        yield from check_edits(container, upper.entries)


def problem(fault: Fault, container: Container, sentence: str) -> Problem:
    return Problem(fault, container.name, sentence, container.pk)


def check_upper(container: Container, upper: Upper) -> Iterator[Problem]:
    """Each path: below a directory, over what the image has there, with a content that is kept."""
    sizes = blob_sizes(upper.entries.values())
    origins = entries_numbered(sorted({e.origin for e in upper.entries.values() if e.origin is not None}))
    for path, entry in sorted(upper.entries.items()):
        wrong = (
            place_fault(upper, path)
            or lower_fault(upper, path, entry)
            or content_fault(entry, sizes)
            or origin_fault(entry, origins)
        )
        if wrong:
            yield problem(Fault.UPPER_WRONG, container, f"/{as_text(path)}: {wrong}")


def place_fault(upper: Upper, path: bytes) -> str:
    """What is wrong with where an entry of the upper lies; empty where nothing is."""
    parent = split(path)[0]
    if not path or clean(path) != path:
        return _("This is no path.")
    above = upper.own(parent)
    if parent and (above is None or above.kind is not Kind.DIRECTORY):
        return _("The directory that it lies in is not there.")
    return ""


def lower_fault(upper: Upper, path: bytes, entry: UpperEntry) -> str:
    """What is wrong with what it says that the image has at its path."""
    image = upper.image_at(path)
    if entry.lower != (None if image is None else image.number):
        return _("It does not stand on what the image has there.")
    return ""


def content_fault(entry: UpperEntry, sizes: Mapping[str, int]) -> str:
    """What is wrong with its own content."""
    if entry.kind is not Kind.FILE:
        return _("It has a content, and is no file.") if entry.content or entry.origin else ""
    if entry.content is None:
        return _("Its content is not kept.") if entry.origin is None and entry.size else ""
    if entry.sha256 is None or entry.content != f"sha256:{entry.sha256.hex()}":
        return _("Its content is another one than its sha256 says.")
    return "" if sizes.get(entry.content) == entry.size else _("Its content is not as long as it says.")


def origin_fault(entry: UpperEntry, origins: Mapping[int, Entry]) -> str:
    """What is wrong with the entry of the image whose content it shares."""
    if entry.origin is None:
        return ""
    origin = origins.get(entry.origin)
    if origin is None:
        return _("The entry of the image whose content it shares is not there.")
    if (origin.kind, origin.sha256, origin.size) != (entry.kind, entry.sha256, entry.size):
        return _("The entry of the image whose content it shares has another content.")
    return ""


def check_edits(container: Container, entries: Mapping[bytes, UpperEntry]) -> Iterator[Problem]:
    """The steps in their order lead to what the upper holds, and those undone go on from there."""
    now: dict[bytes, UpperEntry] = {}
    edits = list(container.edits.order_by("number"))
    if [edit.undone for edit in edits] != sorted(edit.undone for edit in edits):
        yield problem(Fault.EDITS_WRONG, container, _("A step was undone before a later one."))
        return
    for index, edit in enumerate(edits):
        if edit.undone and not edits[index - 1].undone and (wrong := state_fault(now, entries)):
            yield problem(Fault.EDITS_WRONG, container, wrong)
            return
        try:
            rows = rows_of(edit)
        except UNREADABLE as error:
            yield edit_problem(container, edit, _("cannot be read: %s") % error)
            return
        if not follows(now, rows):
            yield edit_problem(container, edit, _("does not follow from the one before it."))
            return
        if missing := contents_of(rows) - set(edit.blobs.values_list("digest", flat=True)):
            yield edit_problem(container, edit, _("needs %s, which is not kept for it.") % min(missing))
            return
    if not any(edit.undone for edit in edits) and (wrong := state_fault(now, entries)):
        yield problem(Fault.EDITS_WRONG, container, wrong)


def rows_of(edit: Edit) -> list[Row]:
    """What a step changed. Raises one of ``UNREADABLE``."""
    return [(unpack_row(before), unpack_row(after)) for before, after in edit.rows]


def edit_problem(container: Container, edit: Edit, wrong: str) -> Problem:
    return problem(Fault.EDITS_WRONG, container, _("Step %(number)d ") % {"number": edit.number} + wrong)


def follows(now: dict[bytes, UpperEntry], rows: Sequence[Row]) -> bool:
    """Whether a step starts from what is there; makes it what is there."""
    for before, after in rows:
        row = before or after
        if row is None or now.get(row.path) != before:
            return False
        now.pop(row.path, None)
        if after is not None:
            now[row.path] = after
    return True


def state_fault(now: Mapping[bytes, UpperEntry], entries: Mapping[bytes, UpperEntry]) -> str:
    """What is wrong with the upper, if the steps are right."""
    return "" if now == dict(entries) else _("Its steps do not lead to what it holds.")


def contents_of(rows: Sequence[Row]) -> set[str]:
    """The digests that undoing or redoing a step needs."""
    found = (row.content for row in together.from_iterable(rows) if row is not None)
    return {digest for digest in found if digest is not None}


def blob_sizes(entries: Iterator[UpperEntry] | Sequence[UpperEntry]) -> dict[str, int]:
    """How long each content is that the entries name."""
    digests = sorted({entry.content for entry in entries if entry.content is not None})
    sizes: dict[str, int] = {}
    for start in range(0, len(digests), DIGESTS_A_QUERY):
        rows = Blob.objects.filter(digest__in=digests[start : start + DIGESTS_A_QUERY])
        sizes |= dict(rows.values_list("digest", "size"))
    return sizes
