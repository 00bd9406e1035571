"""The encodings of text files: found by looking, or chosen; each gives back the bytes it was given."""

import codecs
import re
from typing import NamedTuple

FIRST_STRAY = 0x10FF00
"""A byte that is no UTF-8 stands for the character of this number plus its own, in the last private plane."""
STRAY = {0xDC00 + byte: FIRST_STRAY + byte for byte in range(0x80, 0x100)}
BYTES = {character: escape for escape, character in STRAY.items()}
C1_CONTROLS = re.compile(rb"[\x80-\x9f]")
LAST_CHARACTER = 4
"""The most bytes that a character cut off at the end of a piece may have."""


class Encoding(NamedTuple):
    """How text is spelled in bytes."""

    key: str
    name: str
    """For people."""
    codec: str
    bom: bytes = b""

    def decode(self, data: bytes) -> str:
        """The text. Raises ``UnicodeError`` where the bytes are none in this encoding."""
        if not data.startswith(self.bom):
            raise UnicodeError(f"no {self.name}")
        if self.key == STRAYS:
            return data.decode("utf-8", "surrogateescape").translate(STRAY)
        return data[len(self.bom) :].decode(self.codec)

    def encode(self, text: str) -> bytes:
        """The bytes. Raises ``UnicodeEncodeError`` at the first character that it does not have."""
        if self.key == STRAYS:
            return text.translate(BYTES).encode("utf-8", "surrogateescape")
        return self.bom + text.encode(self.codec)


STRAYS = "utf-8-stray"
ENCODINGS = {
    encoding.key: encoding
    for encoding in (
        Encoding("utf-8", "UTF-8", "utf-8"),
        Encoding("utf-8-bom", "UTF-8 (BOM)", "utf-8", codecs.BOM_UTF8),
        Encoding(STRAYS, "UTF-8 with stray bytes", "utf-8"),
        Encoding("utf-16-le-bom", "UTF-16 LE (BOM)", "utf-16-le", codecs.BOM_UTF16_LE),
        Encoding("utf-16-be-bom", "UTF-16 BE (BOM)", "utf-16-be", codecs.BOM_UTF16_BE),
        Encoding("utf-16-le", "UTF-16 LE", "utf-16-le"),
        Encoding("utf-16-be", "UTF-16 BE", "utf-16-be"),
        Encoding("iso-8859-1", "ISO-8859-1", "iso-8859-1"),
        Encoding("windows-1252", "Windows-1252", "cp1252"),
        Encoding("iso-8859-2", "ISO-8859-2", "iso-8859-2"),
        Encoding("iso-8859-15", "ISO-8859-15", "iso-8859-15"),
        Encoding("windows-1250", "Windows-1250", "cp1250"),
        Encoding("windows-1251", "Windows-1251", "cp1251"),
        Encoding("koi8-r", "KOI8-R", "koi8-r"),
        Encoding("gb18030", "GB18030", "gb18030"),
        Encoding("big5", "Big5", "big5hkscs"),
        Encoding("shift_jis", "Shift_JIS", "cp932"),
        Encoding("euc-jp", "EUC-JP", "euc_jp"),
        Encoding("euc-kr", "EUC-KR", "cp949"),
    )
}
WITH_BOM = [encoding for encoding in ENCODINGS.values() if encoding.bom]


def detect(data: bytes, *, is_cut: bool = False) -> Encoding:
    """The encoding of a text; ``is_cut`` where its last character may lack bytes.

    What is no UTF-8 is Latin-1 or its Windows form, unless some of it is
    UTF-8 beyond ASCII: then the bytes that are not have strayed into it.
    """
    for encoding in WITH_BOM:
        if data.startswith(encoding.bom):
            return encoding
    text = data.decode("utf-8", "surrogateescape")
    strays = [n for n, character in enumerate(text) if "\udc80" <= character <= "\udcff"]
    if not strays or (is_cut and strays[0] >= len(text) - LAST_CHARACTER):
        return ENCODINGS["utf-8"]
    if len(strays) < sum(not character.isascii() for character in text):
        return ENCODINGS[STRAYS]
    return latin(data)


def latin(data: bytes) -> Encoding:
    """Windows-1252, if the bytes that only it has are used and all are; else Latin-1, which has all bytes."""
    if C1_CONTROLS.search(data):
        try:
            data.decode("cp1252")
        except UnicodeDecodeError:
            pass
        else:
            return ENCODINGS["windows-1252"]
    return ENCODINGS["iso-8859-1"]
