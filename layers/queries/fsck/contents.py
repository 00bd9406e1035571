"""I2 and I4, deep: each layer's rows are those that its stored bytes give."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import cast

from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext as _

from layers.models import Chain, Change, Directory, FileEntry, Layer, StoredLayer
from layers.models.layerrows import change_rows, directory_rows, entry_rows, totals
from layers.oci.changeset.compression import Compression
from layers.oci.changeset.seekcheck import points_hold
from layers.oci.errors import OCIError
from layers.oci.unionfs.extract import LayerTree
from layers.queries.fsck.problem import Fault, Problem
from layers.queries.fsck.reread import relay, reread, sound_form
from layers.storage import open_blob

Row = Sequence[object]


def check_contents() -> Iterator[Problem]:
    """Every layer that can be read again; one that cannot is told by the check of blobs."""
    for layer in Layer.objects.filter(staging="").order_by("pk"):
        form = sound_form(layer)
        if form is not None:
            yield from check_layer(layer, form)
    for form in StoredLayer.objects.exclude(seek_points=None).select_related("blob", "layer").order_by("pk"):
        yield from check_seek_points(form)


def check_layer(layer: Layer, form: StoredLayer) -> Iterator[Problem]:
    """One layer against its bytes, and each chain it stands in against what is below."""
    try:
        tree, tar_size = reread(layer, form)
    except OCIError as error:
        yield Problem(Fault.ENTRIES_WRONG, layer.diff_id, str(error), layer.pk)
        return
    kept = (layer.tar_size, layer.content_size, layer.member_count, layer.entry_count)
    if kept != (tar_size, tree.content_size, tree.member_count, tree.entry_count):
        sentence = _("Its sizes and counts are not those of its tar.")
        yield Problem(Fault.ENTRIES_WRONG, layer.diff_id, sentence, layer.pk)
    elif not same(entry_rows(tree), rows_between(FileEntry, layer.first_entry, layer.entry_count)):
        sentence = _("Its entries are not those of its tar.")
        yield Problem(Fault.ENTRIES_WRONG, layer.diff_id, sentence, layer.pk)
    for chain in layer.chains.filter(staging="").select_related("parent").order_by("depth", "pk"):
        yield from check_chain(chain, tree)


def check_chain(chain: Chain, tree: LayerTree) -> Iterator[Problem]:
    """One chain against what its layer does to the tree below."""
    overlay = relay(chain, tree)
    counted = totals(overlay, chain.parent.merged_size if chain.parent else 0)
    directories = directory_rows(overlay, chain.pk, chain.first_directory, chain.first_change)
    if not (
        counted == {name: getattr(chain, name) for name in counted}
        and same(directories, rows_between(Directory, chain.first_directory, chain.directory_count))
        and same(
            change_rows(overlay, chain.first_change),
            rows_between(Change, chain.first_change, chain.change_count),
        )
    ):
        sentence = _("Its changes are not those that its layer makes.")
        yield Problem(Fault.CHAIN_WRONG, chain.chain_id, sentence, chain.pk)


def same(wanted: Iterable[Row], found: Iterable[Row]) -> bool:
    """Whether two lists of rows are equal, in values that databases tell differently too."""
    pairs = zip_longest(wanted, found, fillvalue=())
    return all(tuple(map(plain, one)) == tuple(map(plain, other)) for one, other in pairs)


def plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def rows_between(model: type[Model], first: int, count: int) -> Iterator[Row]:
    """``count`` rows of a table by number, their values in the order of its columns."""
    columns = ", ".join(field.column for field in model._meta.concrete_fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM {model._meta.db_table} WHERE id >= %s AND id < %s ORDER BY id",
            [first, first + count],
        )
        while rows := cursor.fetchmany(1000):
            yield from rows


def check_seek_points(form: StoredLayer) -> Iterator[Problem]:
    """The places at which a stored layer is begun in its middle."""
    if form.seek_points is None or sound_form(form.layer) is None:
        return
    try:
        with open_blob(form.blob.digest) as file:
            holds = points_hold(file, cast(Compression, form.compression), form.seek_points)
    except (OSError, OCIError):
        return
    if not holds:
        sentence = _("A file deep in it would be read wrong.")
        yield Problem(Fault.SEEK_POINTS_WRONG, form.blob.digest, sentence, form.pk)
