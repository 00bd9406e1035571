"""The image config: its digest is the image ID, its history says how the layers came to be.

Only what decides which layers there are is strict; whatever else has a
surprising type is shown as text and listed in :attr:`ImageConfig.odd`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Self

from layers.oci.descriptor import Platform
from layers.oci.digest import Digest
from layers.oci.errors import InvalidDigest, LimitExceeded, MalformedJSON, shown
from layers.oci.limits import Limits
from layers.oci.strictjson import as_list, as_object, kind, loads

SHORT_TEXT = 64
RFC_3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)


@dataclass(frozen=True, slots=True)
class History:
    """One step of a build; texts as they came, empty where missing."""

    created: str = ""
    created_by: str = ""
    author: str = ""
    comment: str = ""
    empty_layer: bool = False


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """Image-spec config.md. ``raw`` is kept to the byte; ``document`` is what it spells."""

    raw: bytes
    os: str
    architecture: str
    variant: str
    created: str
    """RFC 3339 as the config spells it, or whatever stands there; see :func:`parse_created`."""
    author: str
    diff_ids: tuple[Digest, ...]
    history: tuple[History, ...]
    runtime: Mapping[str, object]
    """The ``config`` object as it came, empty if there is none; see :func:`texts`, :func:`pairs`."""
    document: Mapping[str, object]
    odd: tuple[str, ...]
    """Sentences about fields of another type than the spec gives."""

    @property
    def digest(self) -> Digest:
        """The image ID."""
        return Digest.of(self.raw)

    @property
    def platform(self) -> str:
        """``os/architecture[/variant]``; what is missing is left out."""
        return str(Platform(self.os, self.architecture, self.variant))

    @classmethod
    def parse(cls, raw: bytes, where: str, limits: Limits) -> Self:
        """From the bytes of a config; os, architecture, variant and created are cut at 64 characters.

        Raises:
            MalformedJSON, InvalidDigest: no object, or no list of diff_ids in its ``rootfs``.
            LimitExceeded: ``layers``, ``descriptors`` (rows of history), or a limit of JSON.
        """
        document = as_object(loads(raw, where, limits), where)
        diff_ids = _diff_ids(document, where, limits)
        odd: list[str] = []
        return cls(
            raw=raw,
            os=_field(document, "os", odd)[:SHORT_TEXT],
            architecture=_field(document, "architecture", odd)[:SHORT_TEXT],
            variant=_field(document, "variant", odd)[:SHORT_TEXT],
            created=_field(document, "created", odd)[:SHORT_TEXT],
            author=_field(document, "author", odd),
            diff_ids=diff_ids,
            history=_history(document, where, limits, odd),
            runtime=_runtime(document, odd),
            document=document,
            odd=tuple(odd),
        )


def _diff_ids(document: Mapping[str, object], where: str, limits: Limits) -> tuple[Digest, ...]:
    if "rootfs" not in document:
        raise MalformedJSON(f"{where} has no 'rootfs': it is no image config.")
    rootfs = as_object(document["rootfs"], f"{where}.rootfs")
    if rootfs.get("type", "layers") != "layers":
        found = rootfs["type"] if isinstance(rootfs["type"], str) else kind(rootfs["type"])
        raise MalformedJSON(f"{where}.rootfs.type is {shown(found)}: only 'layers' is known.")
    place = f"{where}.rootfs.diff_ids"
    items = as_list(rootfs.get("diff_ids"), place)
    if len(items) > limits.layers:
        raise LimitExceeded("layers", limits.layers, len(items), where)
    try:
        return tuple(Digest.parse(item) for item in items)
    except InvalidDigest as error:
        raise InvalidDigest(f"{place}: {error}") from None


def _history(
    document: Mapping[str, object], where: str, limits: Limits, odd: list[str]
) -> tuple[History, ...]:
    items = document.get("history")
    if not isinstance(items, list):
        if items is not None:
            odd.append(f"history is {kind(items)}, not a list: left out")
        return ()
    if len(items) > limits.descriptors:
        raise LimitExceeded("descriptors", limits.descriptors, len(items), f"{where}.history")
    return tuple(_step(item, f"history[{at}]", odd) for at, item in enumerate(items))


def _step(item: object, where: str, odd: list[str]) -> History:
    if not isinstance(item, dict):
        odd.append(f"{where} is {kind(item)}, not an object")
        return History(created_by=_as_shown(item))
    members = {f"{where}.{name}": value for name, value in item.items()}
    created, created_by, author, comment = (
        _field(members, f"{where}.{name}", odd) for name in ("created", "created_by", "author", "comment")
    )
    return History(created[:SHORT_TEXT], created_by, author, comment, item.get("empty_layer") is True)


def _runtime(document: Mapping[str, object], odd: list[str]) -> Mapping[str, object]:
    runtime = document.get("config")
    if isinstance(runtime, dict):
        return runtime
    if runtime is not None:
        odd.append(f"config is {kind(runtime)}, not an object: left out")
    return {}


def _field(members: Mapping[str, object], name: str, odd: list[str]) -> str:
    """A field that ought to be text, as text."""
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        odd.append(f"{name} is {kind(value)}, not a string")
    return _as_shown(value)


def _as_shown(value: object) -> str:
    """Any JSON value as text without NUL, which databases refuse."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def texts(value: object) -> tuple[str, ...]:
    """A field of :attr:`ImageConfig.runtime` that ought to be a list of strings, whatever it is.

    >>> texts(["sh", "-c", None]), texts("sh -c id"), texts({"A": "b"}), texts(None)
    (('sh', '-c', ''), ('sh -c id',), ('{"A": "b"}',), ())
    """
    if value is None:
        return ()
    return tuple(_as_shown(item) for item in value) if isinstance(value, list) else (_as_shown(value),)


def pairs(value: object) -> tuple[tuple[str, str], ...]:
    """A field that ought to be an object (labels, ports, volumes) as name and text, in order of name.

    >>> pairs({"b": {}, "a": "1"}), pairs(["80"])
    ((('a', '1'), ('b', '')), (('80', ''),))
    """
    if isinstance(value, dict):
        return tuple((_as_shown(name), _as_shown(value[name] or None)) for name in sorted(value))
    return tuple((text, "") for text in texts(value))


def chain_ids(diff_ids: Sequence[str]) -> tuple[Digest, ...]:
    """The identity of each layer *and all below it*: ChainID of config.md, bottom first."""
    chain: list[Digest] = []
    for diff_id in diff_ids:
        chain.append(Digest.of(f"{chain[-1]} {diff_id}".encode()) if chain else Digest.parse(diff_id))
    return tuple(chain)


def history_positions(history: Sequence[History], layer_count: int) -> tuple[int | None, ...]:
    """For each row, the position of the layer it made: None for an empty one, and when layers run out.

    >>> history_positions([History(), History(empty_layer=True), History(), History()], 2)
    (0, None, 1, None)
    """
    positions: list[int | None] = []
    made = 0
    for step in history:
        makes_layer = not step.empty_layer and made < layer_count
        positions.append(made if makes_layer else None)
        made += makes_layer
    return tuple(positions)


def parse_created(text: str) -> datetime | None:
    """The moment that ``text`` names, in UTC; None for none, for an impossible one and for Go's zero time.

    >>> parse_created("2020-01-02T03:04:05.000001006+02:00")
    datetime.datetime(2020, 1, 2, 1, 4, 5, 1, tzinfo=datetime.timezone.utc)
    >>> parse_created("0001-01-01T00:00:00Z"), parse_created("99999-01-01T00:00:00Z"), parse_created("<b>")
    (None, None, None)
    """
    match = RFC_3339.fullmatch(text)
    if match is None:
        return None
    day, clock, fraction, sign, hours, minutes = match.groups()
    try:
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
        moment = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=zone)
        moment = moment.replace(microsecond=int((fraction or "0")[:6].ljust(6, "0"))).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year > 1 else None
