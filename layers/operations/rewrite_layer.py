"""Write the rows of a layer, or of a chain, anew, as its stored bytes say; its numbers stay."""

from django.db.models import F

from layers.models import Chain, Change, Directory, FileEntry, Layer
from layers.models.bulk import insert_rows, reserve_numbers
from layers.models.layerrows import entry_rows, totals
from layers.oci.errors import OCIError
from layers.oci.unionfs.extract import LayerTree
from layers.operations.clean_abandoned import delete_range
from layers.operations.write_layer import write_chain_rows
from layers.queries.fsck.reread import relay, reread, sound_form


def rewrite_layer(*, layer: Layer) -> bool:
    """Whether its entries, sizes and counts could be written again: a whole form of it must be kept."""
    read = read_again(layer)
    if read is None:
        return False
    tree, tar_size = read
    end = layer.first_entry + tree.entry_count
    others = Layer.objects.exclude(pk=layer.pk).annotate(end=F("first_entry") + F("entry_count"))
    if others.filter(first_entry__lt=end, end__gt=layer.first_entry).exists():
        return False
    delete_range(FileEntry, layer.first_entry, tree.entry_count)
    insert_rows(FileEntry, entry_rows(tree))
    layer.tar_size, layer.content_size = tar_size, tree.content_size
    layer.member_count, layer.entry_count = tree.member_count, tree.entry_count
    layer.save(update_fields=["tar_size", "content_size", "member_count", "entry_count"])
    return True


def read_again(layer: Layer) -> tuple[LayerTree, int] | None:
    """The layer and the bytes of its tar; None where no form of it can be read."""
    form = sound_form(layer)
    try:
        return reread(layer, form) if form else None
    except OCIError:
        return None


def rewrite_chain(*, chain: Chain) -> bool:
    """Whether its directories, changes and totals could be written again. What is below must be right."""
    read = read_again(chain.layer)
    if read is None or not holds(chain.layer, read[0]):
        return False
    overlay = relay(chain, read[0])
    counted = totals(overlay, chain.parent.merged_size if chain.parent else 0)
    rows = Directory.objects.filter(chain=chain)
    rows._raw_delete(using=rows.db)
    chain.first_directory = numbers(Directory, chain, chain.first_directory, counted["directory_count"])
    chain.first_change = numbers(Change, chain, chain.first_change, counted["change_count"])
    delete_range(Change, chain.first_change, counted["change_count"])
    for name, value in counted.items():
        setattr(chain, name, value)
    below = chain.parent.lineage if chain.parent else []
    chain.lineage, chain.depth = [*below, chain.pk], len(below)
    chain.save()
    write_chain_rows(overlay, chain)
    return True


def holds(layer: Layer, tree: LayerTree) -> bool:
    """Whether the layer has as many entries as it should, now if not before."""
    return layer.entry_count == tree.entry_count or rewrite_layer(layer=layer)


def numbers(model: type[Directory] | type[Change], chain: Chain, first: int, count: int) -> int:
    """The first of ``count`` numbers that are this chain's: those it has, unless another has some of them."""
    name = "directory" if model is Directory else "change"
    others = Chain.objects.exclude(pk=chain.pk).annotate(end=F(f"first_{name}") + F(f"{name}_count"))
    taken = {f"first_{name}__lt": first + count, "end__gt": first}
    if not count:
        return first
    if first and not others.filter(**taken).exists():
        return first
    return reserve_numbers(model._meta.db_table, count)
