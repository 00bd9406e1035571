"""The making of a ledger: one pass over the directories of a chain, the newest layer of each first.

An entry is hidden by the next layer above that says anything of its path: an
entry there, a whiteout, or the end of its directory.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Final, NamedTuple

from layers.oci.changeset.entry import Entry, Extra, Kind, Member
from layers.oci.changeset.header import BLOCK
from layers.oci.changeset.paths import join, split
from layers.oci.changeset.writer import LARGEST_ID, NAME_SIZE, header_size
from layers.oci.unionfs.diff import compare
from layers.oci.unionfs.ledger import (
    VISIBLE,
    Duplicate,
    How,
    Item,
    LayerAccount,
    Ledger,
    padding,
)


class Held(NamedTuple):
    """What one layer has in a directory."""

    position: int
    cut: bool
    """Nothing of the layers below shows through."""
    gone: bool
    """The layer ended the directory; it has no entries then."""
    entries: Sequence[Entry]


class Fate(NamedTuple):
    """What became of an entry: the last four columns of an ``Item``, less its kind."""

    hidden_by: int
    how: How
    reasons: int
    cause: bytes | None


SUMS: Final = tuple(field.name for field in fields(LayerAccount) if field.name != "position")
LIVE: Final = Fate(VISIBLE, How.LIVE, 0, None)

Later = dict[bytes, tuple[int, Entry]]
"""The nearest entry above, by name, and its layer."""


def account(directories: Iterable[tuple[bytes, Sequence[Held]]], layer_count: int) -> Ledger:
    """The ledger of ``layer_count`` layers.

    ``directories`` come in the order of their paths, so parents before children,
    each with what the layers hold of it, newest first.
    """
    accountant = Accountant()
    for path, rows in directories:
        accountant.add(path, rows)
    return accountant.finish(layer_count)


class Accountant:
    """Takes directories; keeps an item for each entry with bytes."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._entries: list[tuple[int, bytes | None]] = []
        """Beside each item: where its content lies in the tar, and its sha256."""
        self._links: dict[tuple[int, int], list[Item]] = {}
        """Further names of hard link groups, by layer and place of the content."""
        self._frames: dict[tuple[int, int], int] = {}
        self._holes: dict[int, int] = {}
        self._ended: dict[tuple[bytes, int], tuple[How, bytes]] = {}
        """Directories that a layer ended: how, and which directory took them along."""
        self._anew: dict[tuple[bytes, int], bytes] = {}
        """Directories that a layer made anew, and the topmost of those above that it did."""

    def add(self, path: bytes, rows: Sequence[Held]) -> None:
        """One directory."""
        later: Later = {}
        floor: Fate | None = None
        for index, held in enumerate(rows):
            if held.gone:
                how, cause = self._ended.get((path, held.position), (How.DIRECTORY, path))
                floor, later = Fate(held.position, how, 0, cause), {}
                continue
            self._settle(path, held, later, floor)
            if index + 1 == len(rows):
                return
            if held.cut:
                cause = self._anew.get((split(path)[0], held.position), path) if path else path
                self._anew[path, held.position] = cause
                floor, later = Fate(held.position, How.OPAQUE, 0, cause), {}
            for entry in held.entries:
                later[entry.name] = held.position, entry

    def _settle(self, path: bytes, held: Held, later: Later, floor: Fate | None) -> None:
        """What became of a layer's entries in a directory."""
        position, frames = held.position, self._frames
        for entry in held.entries:
            fate = LIVE
            if later or floor is not None:
                upper = later.get(entry.name)
                fate = (floor or LIVE) if upper is None else _hidden(entry, *upper)
                if entry.kind is Kind.DIRECTORY and fate is not LIVE:
                    self._end(join(path, entry.name), path, fate)
            key = position, fate.hidden_by
            frames[key] = frames.get(key, 0) + _frame(path, entry)
            self._put(path, entry, position, fate)

    def _end(self, path: bytes, parent: bytes, fate: Fate) -> None:
        """Remember how a directory ended, for all that is below it."""
        match fate.how:
            case How.WHITEOUT:
                self._ended[path, fate.hidden_by] = How.DIRECTORY, path
            case How.RETYPED:
                self._ended[path, fate.hidden_by] = How.REPLACED, path
            case How.DIRECTORY | How.OPAQUE | How.REPLACED:
                self._ended[path, fate.hidden_by] = fate.how, fate.cause or parent

    def _put(self, path: bytes, entry: Entry, position: int, fate: Fate) -> None:
        """An item for the entry, unless it has no bytes; a further name of a group is kept aside."""
        size = content_size(entry)
        if not size:
            return
        item = Item(path, entry.name, size, position, *fate[:2], entry.kind, *fate[2:])
        extra = entry.extra
        if extra is not None:
            if extra.hardlink is not None:
                self._links.setdefault((position, entry.offset), []).append(item)
                return
            if extra.sparse:
                holes = size - sum(length for _, length in extra.sparse)
                self._holes[position] = self._holes.get(position, 0) + holes
        self._items.append(item)
        self._entries.append((entry.offset, entry.sha256))

    def finish(self, layer_count: int) -> Ledger:
        """The ledger; the accountant is spent."""
        other_names = self._groups()
        duplicates = self._duplicates()
        items = tuple(sorted(self._items, key=_place))
        layers = _accounts(items, layer_count, self._holes)
        return Ledger(items, layers, other_names, duplicates, self._frames)

    def _groups(self) -> dict[Item, tuple[bytes, ...]]:
        """Give each hard link group one item; the other names of each."""
        if not self._links:
            return {}
        firsts = {
            (item.position, offset): index
            for index, (item, (offset, _)) in enumerate(zip(self._items, self._entries, strict=True))
            if (item.position, offset) in self._links
        }
        names = {}
        for key, links in self._links.items():
            index = firsts.get(key)
            if index is None:  # the name that brought the content was overwritten in the same tar
                index = len(self._items)
                self._items.append(links[0])
                self._entries.append((key[1], None))
                links = sorted(links)
            else:
                links = [self._items[index], *sorted(links)]
            chosen = max(links, key=_lasting)
            self._items[index] = chosen
            names[chosen] = tuple(item.path for item in links if item is not chosen)
        return names

    def _duplicates(self) -> tuple[Duplicate, ...]:
        """Files with the same content among those that are seen."""
        found: dict[bytes, list[Item]] = {}
        for item, (_, digest) in zip(self._items, self._entries, strict=True):
            if item.is_live and item.kind is Kind.FILE and digest is not None:
                found.setdefault(digest, []).append(item)
        groups = [Duplicate(group[0].size, tuple(group)) for group in found.values() if len(group) > 1]
        return tuple(sorted(groups, key=lambda group: (-group.extra_size, group.items[0].path)))


def content_size(entry: Entry) -> int:
    """The bytes of a path, as docker counts them: of a symlink, its target's."""
    return len(entry.linkname or b"") if entry.kind is Kind.SYMLINK else entry.size


def _place(item: Item) -> tuple[bytes, bytes, int]:
    return item.directory, item.name, item.position


def _lasting(item: Item) -> int:
    """Of a group's names the live one counts, else the one that was hidden last."""
    return 2**31 if item.is_live else item.hidden_by


def _hidden(lower: Entry, position: int, upper: Entry) -> Fate:
    """What an entry of a later layer makes of one at the same path."""
    if upper.kind is Kind.WHITEOUT:
        return Fate(position, How.WHITEOUT, 0, None)
    if upper.kind is not lower.kind:
        return Fate(position, How.RETYPED, 0, None)
    if lower.sha256 != upper.sha256 or lower.linkname != upper.linkname or lower.size != upper.size:
        return Fate(position, How.OVERWRITTEN, 0, None)
    return Fate(position, How.IDENTICAL, compare(lower, upper)[0], None)


def _accounts(items: Iterable[Item], count: int, holes: Mapping[int, int]) -> tuple[LayerAccount, ...]:
    """Each layer's sums."""
    sums = [Counter[str]() for _ in range(count)]
    for _, _, size, position, hidden_by, how, kind, _, _ in items:
        own = sums[position]
        if kind is Kind.SYMLINK:
            own["link_size"] += size
        if hidden_by == VISIBLE:
            own["live"] += size
        elif how >= How.WHITEOUT:
            own["deleted"] += size
            sums[hidden_by]["hides_deleted"] += size
        else:
            own["shadowed"] += size
            own["identical"] += size if how is How.IDENTICAL else 0
            sums[hidden_by]["hides_shadowed"] += size
    for position, size in holes.items():
        sums[position]["hole_size"] = size
    return tuple(
        LayerAccount(position, **{name: own[name] for name in SUMS}) for position, own in enumerate(sums)
    )


def _frame(directory: bytes, entry: Entry) -> int:
    """Bytes of the headers and the padding that a tar of ours puts around an entry."""
    extra = entry.extra
    size = padding(entry.size) if extra is None or extra.hardlink is None else 0
    is_plain = extra is None or (not extra.xattrs and not extra.mtime_ns and extra.hardlink is None)
    if entry.kind is Kind.UNKNOWN:
        return BLOCK + size
    if (
        is_plain
        and len(directory) + len(entry.name) + 2 <= NAME_SIZE
        and entry.name.isascii()
        and directory.isascii()
        and entry.linkname is None
        and entry.uid <= LARGEST_ID
        and entry.gid <= LARGEST_ID
    ):
        return BLOCK + size
    link = extra.hardlink if extra is not None and extra.hardlink is not None else entry.linkname
    kept = Extra(extra.mtime_ns, extra.xattrs) if extra is not None else None
    path = join(directory, entry.name)
    member = Member(path, *entry[2:6], entry.size, entry.mtime, 0, None, link, kept)
    return header_size(member) + size
