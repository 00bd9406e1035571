"""Where bytes went, as rows: of JSON, or of a table."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _

from layers.management.human import ellipsis, human_size
from layers.management.listing import printable, text_fields
from layers.models import Image
from layers.oci.unionfs.divescore import DiveScore
from layers.oci.unionfs.ledger import Duplicate, Item, Ledger
from layers.oci.unionfs.spaces import Share, Sums
from layers.queries.advice import instruction
from layers.queries.file_types import LABELS
from layers.queries.space import PackageDirectory, Portion, tar_sizes
from layers.queries.stack import stack
from layers.queries.what_if import WhatIf

Row = dict[str, Any]
STEP_WIDTH: Final = 45
LAYERS: Final = ("LAYER", "CONTENT", "LIVE", "SHADOWED", "DELETED", "OVERHEAD", "CREATED BY")
SHARES: Final = ("SIZE", "LIVE", "SHADOWED", "DELETED", "FILES")
GROUPS: Final = ("TO SPARE", "EACH", "COPIES", "PATHS")
ITEMS: Final = ("SIZE", "LAYER", "STATE", "PATH")
FORECAST: Final = ("LAYER", "CONTENT", "TAR")


def layer_rows(image: Image, ledger: Ledger) -> list[Row]:
    """The account of each layer, from the bottom."""
    steps = {row.position: instruction(row) for row in stack(image)}
    sizes = tar_sizes(image)
    return [
        {
            "layer": layer.position,
            "content_size": layer.content_size,
            "live": layer.live,
            "shadowed": layer.shadowed,
            "deleted": layer.deleted,
            "identical": layer.identical,
            "hides": layer.hides,
            "tar_size": sizes[layer.position],
            "overhead": layer.overhead(sizes[layer.position]),
            "created_by": steps.get(layer.position, ""),
        }
        for layer in ledger.layers
    ]


def layer_cells(row: Row, whole: bool) -> tuple[str, ...]:
    sizes = (row[key] for key in ("content_size", "live", "shadowed", "deleted", "overhead"))
    step = printable(row["created_by"].encode("utf-8", "surrogateescape"))
    return str(row["layer"]), *map(human_size, sizes), step if whole else ellipsis(step, STEP_WIDTH)


def total_row(ledger: Ledger, score: DiveScore, sizes: Sequence[int]) -> Row:
    """The image as a whole; dive's figures under dive's name."""
    return {
        "content_size": ledger.content_size,
        "live": ledger.live,
        "shadowed": ledger.shadowed,
        "deleted": ledger.deleted,
        "identical": ledger.identical,
        "duplicates": ledger.duplicate_size,
        "tar_size": sum(sizes),
        "overhead": ledger.overhead(sizes),
        "wasted": ledger.wasted,
        "efficiency": ledger.efficiency,
        "user_wasted_percent": ledger.user_wasted,
        "dive": {"efficiency": score.efficiency, "wasted": score.wasted, "size": score.size},
    }


def total_sentences(ledger: Ledger, score: DiveScore, sizes: Sequence[int]) -> list[str]:
    """The image in three lines."""
    own = _(
        "%(size)s in %(count)d layers: %(live)s seen, %(shadowed)s overwritten, %(deleted)s deleted;"
        " efficiency %(efficiency).2f %%"
    )
    facts = {
        "size": human_size(ledger.content_size),
        "count": len(ledger.layers),
        "live": human_size(ledger.live),
        "shadowed": human_size(ledger.shadowed),
        "deleted": human_size(ledger.deleted),
        "efficiency": 100 * ledger.efficiency,
    }
    beside = _(
        "Of the overwritten, %(identical)s were written again the same; of the seen, %(duplicates)s are"
        " further copies; the tars hold %(overhead)s of headers and padding besides"
    )
    counted = {
        "identical": human_size(ledger.identical),
        "duplicates": human_size(ledger.duplicate_size),
        "overhead": human_size(ledger.overhead(sizes)),
    }
    dive = _("By dive's reckoning: efficiency %(efficiency).2f %%, %(wasted)s wasted")
    said = {"efficiency": 100 * score.efficiency, "wasted": human_size(score.wasted)}
    return [own % facts, beside % counted, dive % said]


def sums_fields(sums: Sums) -> Row:
    return {
        "size": sums.size,
        "live": sums.live,
        "shadowed": sums.shadowed,
        "deleted": sums.deleted,
        "files": sums.files,
    }


def sums_cells(sums: Sums) -> tuple[str, ...]:
    return *map(human_size, (sums.size, *sums[:3])), str(sums.files)


def share_row(share: Share) -> Row:
    """A directory, or a path in all its versions."""
    kind = "dir" if share.is_directory else share.items[-1].kind.word
    return {**text_fields("path", b"/" + share.path), "type": kind, **sums_fields(share.sums)}


def share_cells(share: Share) -> tuple[str, ...]:
    return *sums_cells(share.sums), printable(b"/" + share.path) + "/" * share.is_directory


def type_row(portion: Portion) -> Row:
    return {"type": portion.key, **sums_fields(portion.sums)}


def type_cells(portion: Portion) -> tuple[str, ...]:
    return *sums_cells(portion.sums), str(LABELS[portion.key])


def package_row(package: PackageDirectory) -> Row:
    """A directory that one package has to itself."""
    return {**text_fields("path", b"/" + package.path), **sums_fields(package.sums)}


def package_cells(package: PackageDirectory) -> tuple[str, ...]:
    return *sums_cells(package.sums), printable(b"/" + package.path) + "/"


def group_row(group: Duplicate) -> Row:
    """Content that is there more than once, with its paths."""
    paths = [text_fields("path", b"/" + item.path) | {"layer": item.position} for item in group.items]
    return {"size": group.size, "copies": len(group.items), "to_spare": group.extra_size, "paths": paths}


def group_cells(group: Duplicate) -> tuple[str, ...]:
    more = f" +{len(group.items) - 2}" if len(group.items) > 2 else ""
    paths = ", ".join(printable(b"/" + item.path) for item in group.items[:2])
    return human_size(group.extra_size), human_size(group.size), str(len(group.items)), paths + more


def item_row(item: Item, other_names: Sequence[bytes]) -> Row:
    """Bytes of one layer at one path, and what hid them; a hard link group with its other names."""
    row = {
        **text_fields("path", b"/" + item.path),
        "type": item.kind.word,
        "size": item.size,
        "layer": item.position,
        "hidden_by": None if item.is_live else item.hidden_by,
        "how": item.how.name.lower(),
    }
    names = [text_fields("path", b"/" + name) for name in other_names]
    return row | ({"other_names": names} if names else {})


def item_cells(item: Item) -> tuple[str, ...]:
    return human_size(item.size), str(item.position), state_of(item), printable(b"/" + item.path)


def state_of(item: Item) -> str:
    """What became of it, in a few words."""
    if item.is_live:
        return _("live")
    text = _("deleted in %(layer)d") if item.how.is_deleted else _("overwritten in %(layer)d")
    return text % {"layer": item.hidden_by}


def forecast_rows(forecast: WhatIf) -> list[Row]:
    """The layers as they would be, and what they would change for others."""
    layers: list[Row] = [
        {
            "layers": [layer.first, layer.last],
            "content_size": layer.content,
            "tar_size": layer.tar,
            "new": layer.is_new,
        }
        for layer in forecast.layers
    ]
    end = {
        "content_size": forecast.content_after,
        "content_size_before": forecast.content_before,
        "tar_size": forecast.tar_after,
        "tar_size_before": forecast.tar_before,
        "shelf_delta": forecast.shelf_delta,
        "lost_sharing": [
            {
                "image": lost.image.image_id if lost.image else None,
                "name": lost.name,
                "layers": lost.layer_count,
                "size": lost.content_size,
            }
            for lost in forecast.lost
        ],
    }
    return [*layers, end]


def forecast_cells(forecast: WhatIf) -> Iterable[Sequence[str]]:
    for layer in forecast.layers:
        name = str(layer.first) if layer.first == layer.last else f"{layer.first}-{layer.last}"
        about = "~" if layer.is_new else ""
        yield name + "*" * layer.is_new, human_size(layer.content), about + human_size(layer.tar)


def forecast_sentences(forecast: WhatIf) -> list[str]:
    """What it comes to, and what it costs others."""
    if forecast.changes_nothing:
        return [_("No content would go: what matches has no bytes, or another name keeps them.")]
    text = _("The image would have %(after)s of content instead of %(before)s; * marks layers that are new.")
    found = [
        text % {"after": human_size(forecast.content_after), "before": human_size(forecast.content_before)}
    ]
    for lost in forecast.lost:
        shared = _("It would no longer share %(count)d layers (%(size)s) with %(name)s.")
        facts = {"count": lost.layer_count, "size": human_size(lost.content_size), "name": lost.name}
        found.append(shared % facts)
    change = (
        _("All images together would take %(size)s more.")
        if forecast.shelf_delta > 0
        else _("All images together would take %(size)s less.")
    )
    return [*found, change % {"size": human_size(abs(forecast.shelf_delta))}]
