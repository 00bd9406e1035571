"""Something that is not as it should be, and which promise it breaks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Fault(StrEnum):
    """What is wrong, in a few words; the first two letters name the promise (docs/reliability.md)."""

    BLOB_MISSING = "I1 blob missing"
    BLOB_DAMAGED = "I2 blob damaged"
    SEAL_WRONG = "I2 seal wrong"
    SEEK_POINTS_WRONG = "I2 seek points wrong"
    IMAGE_WRONG = "I3 image wrong"
    LAYERS_WRONG = "I3 layers wrong"
    HISTORY_WRONG = "I3 history wrong"
    MANIFEST_WRONG = "I3 manifest wrong"
    ENTRIES_WRONG = "I4 entries wrong"
    CHAIN_WRONG = "I4 changes wrong"
    REFERENCE_DANGLING = "I5 reference to nothing"
    ROWS_LOOSE = "I5 rows of nothing"
    NUMBERS_WRONG = "I5 numbers wrong"
    INDEX_WRONG = "I5 search index wrong"
    UPPER_WRONG = "I5 container wrong"
    EDITS_WRONG = "I5 edits wrong"
    STAGING_LEFT = "I6 staging left"
    UPLOAD_LEFT = "I6 upload left"
    FILE_LEFT = "I6 file left"
    DATABASE_DAMAGED = "I7 database damaged"
    BLOB_STRAY = "I8 blob of nothing"
    FILE_MISPLACED = "I8 file out of place"

    @property
    def check(self) -> str:
        return self[:2]

    @property
    def word(self) -> str:
        return self[3:]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. Two looks give the same value, so that what passes is told from what lasts."""

    fault: Fault
    subject: str
    """The digest, ID, name or path it is about."""
    sentence: str
    key: int = 0
    """Of the row to mend."""

    @property
    def advice(self) -> str:
        """What to do, where a repair cannot help."""
        return str(ADVICE.get(self.fault, REPAIR))


REPAIR: Final = _("“fsck --repair” mends this.")
AGAIN: Final = _("Import an archive that holds it: its bytes are taken again. A backup has it too.")
ADVICE: Final[Mapping[Fault, str | Promise]] = {
    Fault.BLOB_MISSING: AGAIN,
    Fault.BLOB_DAMAGED: _(
        "“fsck --repair” makes it from another form of the layer, or moves it aside; then import it again."
    ),
    Fault.IMAGE_WRONG: _("If “fsck --repair” does not mend this, remove the image and import it again."),
    Fault.LAYERS_WRONG: _("If “fsck --repair” does not mend this, import the image again."),
    Fault.MANIFEST_WRONG: _("If “fsck --repair” does not mend this, import the image again."),
    Fault.ENTRIES_WRONG: _("“fsck --repair” reads the layer again; its blob must be whole for that."),
    Fault.CHAIN_WRONG: _("“fsck --repair” works it out again; the blob of its layer must be whole for that."),
    Fault.REFERENCE_DANGLING: _("If “fsck --repair” does not mend this, restore a backup."),
    Fault.NUMBERS_WRONG: _("If “fsck --repair” does not mend this, restore a backup."),
    Fault.UPPER_WRONG: _("Restore this path to what the image has, or write it again."),
    Fault.EDITS_WRONG: _("The container is as it shows; what was done before may not be undone any more."),
    Fault.DATABASE_DAMAGED: _("If “fsck --repair” does not mend this, restore a backup."),
    Fault.BLOB_STRAY: _("“gc” removes it."),
    Fault.FILE_MISPLACED: _("Look at it, and remove it by hand."),
    Fault.STAGING_LEFT: _("“gc” removes it, and so does the server when it starts."),
    Fault.UPLOAD_LEFT: _("“gc” removes it, and so does the server when it starts."),
    Fault.FILE_LEFT: _("“gc” removes it."),
}
