"""The packages that a compiled program was built of, where its compiler put that into it."""

import json
import zlib
from collections.abc import Iterator
from typing import Final

from layers.oci.packages.elf import WRITABLE, Elf
from layers.oci.packages.package import Package, ReadAt, field

GO_MAGIC: Final = b"\xff Go buildinf:"
GO_ALIGNMENT: Final = 16
GO_SEARCHED: Final = 64 * 1024
"""Where Go itself looks for its mark: at the start of the section, or of the data segment."""
GO_HEADER: Final = 32
POINTER_SIZE, FLAGS = 14, 15
BIG_ENDIAN, INLINE = 1, 2
SENTINEL: Final = 16
"""Bytes around the list of modules."""
LONGEST_LIST: Final = 4 * 2**20
MOST_MODULES: Final = 20_000
RUST_SECTION: Final = b".dep-v0"


def read_program(read: ReadAt, path: bytes) -> Iterator[Package]:
    """The modules of a Go program and the crates of an auditable Rust program; nothing for any other file."""
    try:
        elf = Elf(read)
    except ValueError:
        return
    yield from read_go(elf, path)
    yield from read_rust(elf, path)


def read_go(elf: Elf, path: bytes) -> Iterator[Package]:
    """``go version -m``: the standard library, the main module and those it needs."""
    version, modules = _build_info(elf)
    if not version:
        return
    yield Package("golang", "stdlib", field(version).split(" ")[0].removeprefix("go"), path=path)
    found: list[tuple[bytes, bytes]] = []
    for line in modules.split(b"\n")[:MOST_MODULES]:
        word, *parts = line.split(b"\t")
        if word in (b"mod", b"dep") and len(parts) >= 2:
            found.append((parts[0], parts[1]))
        elif word == b"=>" and len(parts) >= 2 and found:
            found[-1] = parts[0], parts[1]  # what was built in its place
    for name, release in found:
        yield Package("golang", field(name), field(release), path=path)


def _build_info(elf: Elf) -> tuple[bytes, bytes]:
    """The compiler's version and the list of modules; empty for what no Go compiler made."""
    part = elf.section(b".go.buildinfo")
    if part is None:
        part = next((part for part in elf.segments if part.flags & WRITABLE), None)
    data = elf.read(part.offset, min(part.size, GO_SEARCHED)) if part else b""
    at = data.find(GO_MAGIC)
    while at >= 0 and at % GO_ALIGNMENT:
        at = data.find(GO_MAGIC, at + 1)
    if at < 0 or part is None or len(data) < at + GO_HEADER:
        return b"", b""
    if data[at + FLAGS] & INLINE:
        start = part.offset + at + GO_HEADER
        version, start = _counted(elf.read, start)
        modules, _ = _counted(elf.read, start)
    else:
        version, modules = _pointed(elf, data[at : at + GO_HEADER])
    is_framed = len(modules) > 2 * SENTINEL and modules[-SENTINEL - 1 : -SENTINEL] == b"\n"
    return version, modules[SENTINEL:-SENTINEL] if is_framed else b""


def _counted(read: ReadAt, at: int) -> tuple[bytes, int]:
    """A string with its length in front, in groups of seven bits; and where it ends."""
    length = shift = 0
    for byte in read(at, 10):
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return (read(at, length), at + length) if length <= LONGEST_LIST else (b"", at)


def _pointed(elf: Elf, header: bytes) -> tuple[bytes, bytes]:
    """Before Go 1.18: pointers to the two strings, each a pointer and a length."""
    size = header[POINTER_SIZE]
    order = ">" if header[FLAGS] & BIG_ENDIAN else "<"
    if size not in (4, 8):
        return b"", b""

    def number(raw: bytes) -> int:
        return int.from_bytes(raw, "big" if order == ">" else "little")

    def text(at: int) -> bytes:
        pair = elf.at_address(number(header[at : at + size]), 2 * size)
        length = number(pair[size:])
        return elf.at_address(number(pair[:size]), length) if 0 < length <= LONGEST_LIST else b""

    return text(16), text(16 + size)


def read_rust(elf: Elf, path: bytes) -> Iterator[Package]:
    """What ``cargo auditable`` writes: a compressed list of the crates a program was built of."""
    part = elf.section(RUST_SECTION)
    if part is None or part.size > LONGEST_LIST:
        return
    try:
        unpacker = zlib.decompressobj()
        document = json.loads(unpacker.decompress(elf.read(part.offset, part.size), LONGEST_LIST))
    except (zlib.error, ValueError, RecursionError):
        return
    crates = document.get("packages") if isinstance(document, dict) else None
    for crate in crates[:MOST_MODULES] if isinstance(crates, list) else ():
        # What only the build needed is not in the program.
        if isinstance(crate, dict) and crate.get("kind", "runtime") != "build" and field(crate.get("name")):
            name, version, source = (field(crate.get(key)) for key in ("name", "version", "source"))
            yield Package("cargo", name, version, "", source, path=path)
