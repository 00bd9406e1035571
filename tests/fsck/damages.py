"""Ways in which a library can be damaged: each does it to the library that ``library.lived_in`` makes."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from django.conf import settings

from layers.models import (
    Blob,
    Chain,
    Change,
    Directory,
    Edit,
    FileEntry,
    HistoryRow,
    Image,
    ImageLayer,
    Layer,
    Manifest,
    NumberRange,
    Reference,
    SearchBlock,
    SearchSegment,
    StoredLayer,
    UpperRow,
)
from layers.queries.fsck.problem import Fault
from layers.storage import Staging, blob_path
from layers.uploads import upload_path

LONG_AGO = time.time() - 100_000


@dataclass(frozen=True)
class Damage:
    make: Callable[[], object]
    fault: Fault
    left: frozenset[Fault] = frozenset()
    """What a repair cannot mend."""
    deep: bool = False

    def __str__(self) -> str:
        return self.make.__name__


def large_layer() -> Layer:
    return Layer.objects.order_by("-entry_count").first()


def upper_chain() -> Chain:
    return Chain.objects.exclude(parent=None).order_by("-change_count").first()


def packed_blob() -> Blob:
    return StoredLayer.objects.filter(compression="zstd").first().blob


def old(path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"left")
    os.utime(path, (LONG_AGO, LONG_AGO))


# --- blobs --------------------------------------------------------------------------------


def blob_gone():
    blob_path(packed_blob().digest).unlink()


def blob_cut():
    os.truncate(blob_path(packed_blob().digest), 100)


def blob_flipped():
    flip(packed_blob(), -1)


def config_flipped():
    flip(Image.objects.latest("pk").config, 20)


def content_gone():
    blob_path(UpperRow.objects.exclude(content=None).first().content.digest).unlink()


def flip(blob: Blob, place: int) -> None:
    raw = bytearray(blob_path(blob.digest).read_bytes())
    raw[place] ^= 4
    blob_path(blob.digest).write_bytes(raw)


def plain_form_gone():
    """The same layer is kept in another form."""
    plain = StoredLayer.objects.filter(compression="plain", layer__stored__compression="gzip").first()
    blob_path(plain.blob.digest).unlink()


def plain_form_flipped():
    plain = StoredLayer.objects.filter(compression="plain", layer__stored__compression="gzip").first()
    flip(plain.blob, 700)


def seal_of_another():
    first = Blob.objects.exclude(seal=None).first()
    Blob.objects.filter(pk=first.pk).update(seal=bytes(len(first.seal)))


def seal_cut():
    Blob.objects.exclude(seal=None).update(seal=b"1")


def seek_points_of_another():
    packed = StoredLayer.objects.exclude(compression="plain").first()
    StoredLayer.objects.filter(pk=packed.pk).update(seek_points=b"isp1")


def stray_blob():
    old(blob_path("sha256:" + "5" * 64))


def misplaced_file():
    old(settings.DATA_DIR / "blobs" / "sha256" / "notes.txt")


# --- rows of layers -------------------------------------------------------------------------


def one_entry_gone():
    layer = large_layer()
    FileEntry.objects.filter(pk=layer.first_entry + layer.entry_count // 2).delete()


def all_entries_gone():
    layer = large_layer()
    FileEntry.objects.filter(pk__gte=layer.first_entry, pk__lt=layer.first_entry + layer.entry_count).delete()


def entry_altered():
    FileEntry.objects.filter(pk=large_layer().first_entry + 3).update(mode=0o4777)


def entry_count_wrong():
    Layer.objects.filter(pk=large_layer().pk).update(entry_count=large_layer().entry_count - 1)


def content_size_wrong():
    Layer.objects.filter(pk=large_layer().pk).update(content_size=1)


def directory_gone():
    Directory.objects.filter(pk=upper_chain().first_directory + 1).delete()


def directory_altered():
    chain = upper_chain()
    Directory.objects.filter(pk=chain.first_directory + chain.directory_count - 1).update(subtree_size=7)


def root_altered():
    Directory.objects.filter(chain=upper_chain(), path=b"").update(subtree_count=1)


def change_gone():
    Change.objects.filter(pk=upper_chain().first_change).delete()


def change_of_another_kind():
    Change.objects.filter(pk=upper_chain().first_change).update(kind=2)


def change_of_another_reason():
    Change.objects.filter(pk=upper_chain().first_change).update(reasons=64)


def change_of_nothing():
    change = Change.objects.exclude(entry_id=None).first()
    Change.objects.filter(pk=change.pk).update(entry_id=10**9)


def change_count_wrong():
    chain = upper_chain()
    Chain.objects.filter(pk=chain.pk).update(change_count=chain.change_count + 1)


def change_count_lost():
    Chain.objects.filter(pk=upper_chain().pk).update(change_count=0)


def merged_size_wrong():
    Chain.objects.filter(pk=upper_chain().pk).update(merged_size=1)


def lineage_wrong():
    Chain.objects.filter(pk=upper_chain().pk).update(lineage=[1])


def loose_entries():
    first = 10**6
    FileEntry.objects.bulk_create(
        FileEntry(pk=first + n, name=b"x", kind=0, mode=0, uid=0, gid=0, size=0, mtime=0, data_offset=0)
        for n in range(5)
    )


def numbers_again_from_one():
    NumberRange.objects.update(next_number=1)


# --- rows of images -------------------------------------------------------------------------


def image_layer_gone():
    ImageLayer.objects.filter(image=Image.objects.first(), position=1).delete()


def last_image_layer_gone():
    Image.objects.first().image_layers.last().delete()


def image_layers_swapped():
    rows = list(Image.objects.first().image_layers.all())
    ImageLayer.objects.filter(pk=rows[1].pk).update(position=99)
    ImageLayer.objects.filter(pk=rows[2].pk).update(position=1)
    ImageLayer.objects.filter(pk=rows[1].pk).update(position=2)


def size_wrong():
    Image.objects.filter(pk=Image.objects.first().pk).update(size=5)


def top_lost():
    Image.objects.filter(pk=Image.objects.first().pk).update(chain=None)


def config_of_another():
    first, second = Image.objects.all()[:2]
    Image.objects.filter(pk=first.pk).update(config=second.config)


def layer_marked():
    Layer.objects.filter(pk=Image.objects.first().image_layers.last().layer_id).update(staging=str(uuid4()))


def history_gone():
    HistoryRow.objects.filter(image=Image.objects.first(), index=1).delete()


def manifest_names_less():
    manifest = Manifest.objects.filter(kind="image").exclude(blobs=None).first()
    manifest.blobs.remove(manifest.blobs.last())


def name_leads_out_of_its_index():
    row = Reference.objects.exclude(index=None).first()
    Reference.objects.filter(pk=row.pk).update(image=Image.objects.first())


# --- containers -----------------------------------------------------------------------------


def upper_row_gone():
    UpperRow.objects.filter(path=b"etc").delete()


def upper_row_over_another():
    UpperRow.objects.filter(path=b"etc").update(lower=1)


def upper_row_of_another_content():
    UpperRow.objects.exclude(content=None).update(sha256=bytes(32))


def upper_row_without_content():
    UpperRow.objects.exclude(content=None).update(content=None)


def upper_row_unreadable():
    UpperRow.objects.filter(path=b"etc").update(extra=b"{")


def edit_gone():
    Edit.objects.first().delete()


def edit_unreadable():
    Edit.objects.filter(pk=Edit.objects.first().pk).update(rows=[["x", None]])


def edit_of_another_order():
    Edit.objects.filter(pk=Edit.objects.first().pk).update(undone=True)


def edit_forgets_its_contents():
    edit = Edit.objects.exclude(blobs=None).first()
    edit.blobs.clear()


# --- the search index -----------------------------------------------------------------------


def search_block_gone():
    SearchBlock.objects.first().delete()


def search_segment_gone():
    SearchSegment.objects.first().delete()


# --- what is left -----------------------------------------------------------------------------


def killed_staging():
    staging = Staging()
    staging.publish(staging.write(b"half"), "sha256:" + "7" * 64)
    Layer.objects.create(
        diff_id="sha256:" + "7" * 64,
        staging=staging.uuid,
        tar_size=0,
        content_size=0,
        member_count=0,
        first_entry=10**7,
        entry_count=0,
    )
    os.close(staging._lock)


def marked_rows_of_elsewhere():
    Layer.objects.create(
        diff_id="sha256:" + "8" * 64,
        staging=str(uuid4()),
        tar_size=0,
        content_size=0,
        member_count=0,
        first_entry=10**7,
        entry_count=0,
    )


def upload_of_nobody():
    old(upload_path(uuid4()))


def temporary_file():
    old(settings.DATA_DIR / "tmp" / "tmpabcdef")


def unfinished_cache():
    old(settings.DATA_DIR / "cache" / "x.new")


LOST = frozenset({Fault.BLOB_MISSING})
DAMAGES = [
    Damage(blob_gone, Fault.BLOB_MISSING, LOST),
    Damage(blob_cut, Fault.BLOB_DAMAGED, LOST),
    Damage(blob_flipped, Fault.BLOB_DAMAGED, LOST, deep=True),
    Damage(config_flipped, Fault.BLOB_DAMAGED, LOST),
    Damage(content_gone, Fault.BLOB_MISSING, LOST),
    Damage(plain_form_gone, Fault.BLOB_MISSING),
    Damage(plain_form_flipped, Fault.BLOB_DAMAGED, deep=True),
    Damage(seal_of_another, Fault.SEAL_WRONG, deep=True),
    Damage(seal_cut, Fault.SEAL_WRONG),
    Damage(seek_points_of_another, Fault.SEEK_POINTS_WRONG, deep=True),
    Damage(stray_blob, Fault.BLOB_STRAY),
    Damage(misplaced_file, Fault.FILE_MISPLACED, frozenset({Fault.FILE_MISPLACED})),
    Damage(one_entry_gone, Fault.ENTRIES_WRONG),
    Damage(all_entries_gone, Fault.ENTRIES_WRONG),
    Damage(entry_altered, Fault.ENTRIES_WRONG, deep=True),
    Damage(entry_count_wrong, Fault.CHAIN_WRONG),
    Damage(content_size_wrong, Fault.ENTRIES_WRONG, deep=True),
    Damage(directory_gone, Fault.CHAIN_WRONG),
    Damage(directory_altered, Fault.CHAIN_WRONG, deep=True),
    Damage(root_altered, Fault.CHAIN_WRONG),
    Damage(change_gone, Fault.CHAIN_WRONG),
    Damage(change_of_another_kind, Fault.CHAIN_WRONG),
    Damage(change_of_another_reason, Fault.CHAIN_WRONG, deep=True),
    Damage(change_of_nothing, Fault.REFERENCE_DANGLING),
    Damage(change_count_wrong, Fault.CHAIN_WRONG),
    Damage(change_count_lost, Fault.CHAIN_WRONG),
    Damage(merged_size_wrong, Fault.CHAIN_WRONG),
    Damage(lineage_wrong, Fault.CHAIN_WRONG),
    Damage(loose_entries, Fault.ROWS_LOOSE),
    Damage(numbers_again_from_one, Fault.NUMBERS_WRONG),
    Damage(image_layer_gone, Fault.LAYERS_WRONG),
    Damage(last_image_layer_gone, Fault.LAYERS_WRONG),
    Damage(image_layers_swapped, Fault.LAYERS_WRONG),
    Damage(size_wrong, Fault.IMAGE_WRONG),
    Damage(top_lost, Fault.IMAGE_WRONG),
    Damage(config_of_another, Fault.IMAGE_WRONG),
    Damage(layer_marked, Fault.LAYERS_WRONG),
    Damage(history_gone, Fault.HISTORY_WRONG),
    Damage(manifest_names_less, Fault.MANIFEST_WRONG),
    Damage(name_leads_out_of_its_index, Fault.REFERENCE_DANGLING, frozenset({Fault.REFERENCE_DANGLING})),
    Damage(upper_row_gone, Fault.UPPER_WRONG, frozenset({Fault.UPPER_WRONG, Fault.EDITS_WRONG})),
    Damage(upper_row_over_another, Fault.UPPER_WRONG, frozenset({Fault.UPPER_WRONG, Fault.EDITS_WRONG})),
    Damage(
        upper_row_of_another_content, Fault.UPPER_WRONG, frozenset({Fault.UPPER_WRONG, Fault.EDITS_WRONG})
    ),
    Damage(upper_row_without_content, Fault.UPPER_WRONG, frozenset({Fault.UPPER_WRONG, Fault.EDITS_WRONG})),
    Damage(upper_row_unreadable, Fault.UPPER_WRONG, frozenset({Fault.UPPER_WRONG})),
    Damage(edit_gone, Fault.EDITS_WRONG, frozenset({Fault.EDITS_WRONG})),
    Damage(edit_unreadable, Fault.EDITS_WRONG, frozenset({Fault.EDITS_WRONG})),
    Damage(edit_of_another_order, Fault.EDITS_WRONG, frozenset({Fault.EDITS_WRONG})),
    Damage(edit_forgets_its_contents, Fault.EDITS_WRONG),
    Damage(search_block_gone, Fault.INDEX_WRONG),
    Damage(search_segment_gone, Fault.INDEX_WRONG),
    Damage(killed_staging, Fault.STAGING_LEFT),
    Damage(marked_rows_of_elsewhere, Fault.STAGING_LEFT),
    Damage(upload_of_nobody, Fault.UPLOAD_LEFT),
    Damage(temporary_file, Fault.FILE_LEFT),
    Damage(unfinished_cache, Fault.FILE_LEFT),
]
