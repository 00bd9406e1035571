"""I4: each layer has all its entries, and each chain all its directories and changes."""

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext as _

from layers.models import Chain, Layer
from layers.queries.fsck.problem import Fault, Problem

COUNT_ENTRIES = "SELECT count(*) FROM layers_fileentry WHERE id >= %s AND id < %s"
SUM_DIRECTORIES = (
    "SELECT count(*), coalesce(sum(CASE WHEN id >= %s AND id < %s THEN 1 ELSE 0 END), 0),"
    " coalesce(sum(entry_count), 0), coalesce(sum(change_count), 0),"
    " coalesce(sum(CASE WHEN entry_count > 0 AND (first_entry < %s OR first_entry + entry_count > %s)"
    " THEN 1 ELSE 0 END), 0)"
    " FROM layers_directory WHERE chain_id = %s"
)
ROOT = (
    "SELECT subtree_size, subtree_count, added, changed, deleted FROM layers_directory"
    " WHERE chain_id = %s AND path = %s"
)
COUNT_CHANGES = (
    "SELECT count(*), coalesce(sum(CASE WHEN kind = 0 THEN 1 ELSE 0 END), 0),"
    " coalesce(sum(CASE WHEN kind = 1 THEN 1 ELSE 0 END), 0),"
    " coalesce(sum(CASE WHEN kind = 2 THEN 1 ELSE 0 END), 0),"
    " coalesce(sum(CASE WHEN kind > 2 THEN 1 ELSE 0 END), 0)"
    " FROM layers_change WHERE id >= %s AND id < %s"
)
Row = tuple[int, ...]


def check_layers() -> Iterator[Problem]:
    """Every layer that is shown has as many entries as its import counted."""
    for layer in Layer.objects.filter(staging="").order_by("pk"):
        (found,) = one(COUNT_ENTRIES, layer.first_entry, layer.first_entry + layer.entry_count)
        if found != layer.entry_count:
            told = {"count": layer.entry_count, "found": found}
            sentence = _("It has %(count)d entries, of which %(found)d are here.") % told
            yield Problem(Fault.ENTRIES_WRONG, layer.diff_id, sentence, layer.pk)


def check_chains() -> Iterator[Problem]:
    """Every chain that is shown, from the bottom up, against its own rows."""
    for chain in Chain.objects.filter(staging="").select_related("layer", "parent").order_by("depth", "pk"):
        wrong = place_fault(chain) or directories_fault(chain) or changes_fault(chain) or sums_fault(chain)
        if wrong:
            yield Problem(Fault.CHAIN_WRONG, chain.chain_id, wrong, chain.pk)


def place_fault(chain: Chain) -> str:
    """What is wrong with where a chain says it stands; empty where nothing is."""
    below = chain.parent.lineage if chain.parent else []
    if chain.lineage != [*below, chain.pk] or chain.depth != len(below):
        return _("It does not stand on the chain that is below it.")
    return ""


def directories_fault(chain: Chain) -> str:
    """What is wrong with the number of its directories, and of the rows they say they hold."""
    first, layer = chain.first_directory, chain.layer
    count, placed, entries, changes, outside = one(
        SUM_DIRECTORIES,
        first,
        first + chain.directory_count,
        layer.first_entry,
        layer.first_entry + layer.entry_count,
        chain.pk,
    )
    if not count == placed == chain.directory_count:
        told = {"count": chain.directory_count, "found": placed}
        return _("It touches %(count)d directories, of which %(found)d are here.") % told
    if entries != layer.entry_count or outside:
        told = {"count": layer.entry_count, "found": entries}
        return _("Its layer has %(count)d entries, and its directories %(found)d.") % told
    if changes != chain.change_count:
        told = {"count": chain.change_count, "found": changes}
        return _("It has %(count)d changes, and its directories %(found)d.") % told
    return ""


def changes_fault(chain: Chain) -> str:
    """What is wrong with the number of its changes, of each kind; the bottom lists none."""
    count, *kinds = one(COUNT_CHANGES, chain.first_change, chain.first_change + chain.change_count)
    if count != chain.change_count:
        told = {"count": chain.change_count, "found": count}
        return _("It has %(count)d changes, of which %(found)d are here.") % told
    if chain.parent and kinds != [chain.added, chain.changed, chain.deleted, chain.silent]:
        return _("Its changes are not as many of each kind as it says.")
    return ""


def sums_fault(chain: Chain) -> str:
    """What is wrong with the totals of the merged tree up to it."""
    below = chain.parent.merged_size if chain.parent else 0
    kept = (chain.merged_size, chain.merged_count, chain.added, chain.changed, chain.deleted)
    if one(ROOT, chain.pk, b"") != kept or chain.net_size != chain.merged_size - below:
        return _("Its totals are not those of its root directory.")
    return ""


def one(statement: str, *parameters: object) -> Row:
    """The first row of what a statement finds; zeros where it finds none."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return tuple(cursor.fetchone() or ())
