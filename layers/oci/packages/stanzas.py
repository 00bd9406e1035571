"""The databases that are text: ``Name: value`` lines in paragraphs, of dpkg, apk and Python."""

from collections.abc import Iterator, Mapping

from layers.oci.packages.package import Package, field

MOST_PACKAGES = 200_000
"""Of one database."""
NOT_THERE = (b"not-installed", b"config-files")
"""States of dpkg in which the files of a package are gone."""
DPKG = (b"Package", b"Version", b"Architecture", b"Source", b"Status")
LONGEST_HEAD = 256 * 1024
"""Of a file that ends with a text for people: bytes in which its fields are."""


def read_dpkg(data: bytes, path: bytes) -> Iterator[Package]:
    """The packages of ``var/lib/dpkg/status``, or the one of a file in ``status.d``, which has no status."""
    for fields in paragraphs(data, DPKG):
        if b"Package" in fields and fields.get(b"Status", b"").rpartition(b" ")[2] not in NOT_THERE:
            name, version, arch, source = (field(fields.get(key)) for key in DPKG[:4])
            yield Package("deb", name, version, arch, source, "", path)


def read_apk(data: bytes, path: bytes) -> Iterator[Package]:
    """The packages of ``lib/apk/db/installed``: one letter a field."""
    letters = (b"P", b"V", b"A", b"o", b"L")
    for fields in paragraphs(data, letters):
        if b"P" in fields:
            name, version, arch, source, licence = (field(fields.get(letter)) for letter in letters)
            yield Package("apk", name, version, arch, source, licence, path)


def read_python(data: bytes, path: bytes) -> Iterator[Package]:
    """The package of a ``METADATA`` or ``PKG-INFO``: a head as of a letter, then a description."""
    head = data[:LONGEST_HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    keys = (b"Name", b"Version", b"License-Expression", b"License")
    fields = next(paragraphs(head, keys), {})
    name, version, expression, licence = (field(fields.get(key)) for key in keys)
    if name:
        yield Package("pypi", name, version, "", "", expression or _licence_of(licence, head), path)


def _licence_of(licence: str, head: bytes) -> str:
    """What the field says, or else the last part of the classifiers about it."""
    if licence and licence != "UNKNOWN":
        return licence
    mark = b"Classifier: License :: "
    said = [line.rpartition(b" :: ")[2] for line in head.split(b"\n") if line.startswith(mark)]
    return field(b", ".join(said[:9]))


def paragraphs(data: bytes, keys: tuple[bytes, ...]) -> Iterator[Mapping[bytes, bytes]]:
    """Of each paragraph the fields named in ``keys``; continued lines count only by not being fields."""
    fields: dict[bytes, bytes] = {}
    count = 0
    for line in lines(data):
        if not line:
            if fields:
                count += 1
                yield fields
                fields = {}
            if count == MOST_PACKAGES:
                return
            continue
        name, colon, value = line.partition(b":")
        if colon and name in keys:
            fields.setdefault(name, value.strip())
    if fields:
        yield fields


def lines(data: bytes) -> Iterator[bytes]:
    """The lines, one after another: no list of all of them."""
    start = 0
    while start < len(data):
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        yield data[start:end].removesuffix(b"\r")
        start = end + 1
