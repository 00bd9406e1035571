"""``load``: image archives into the library."""

import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO, Final

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext_lazy as _

from layers.management.command import LibraryCommand
from layers.management.human import human_size
from layers.oci.errors import OCIError, shown
from layers.oci.reference import Reference
from layers.operations.import_archive import ImportResult, Progress, import_archive

STANDARD_INPUT: Final = "-"
SECONDS_BETWEEN: Final = 0.1


class Command(LibraryCommand):
    help = _("Load image archives, as docker load does: docker-archive, OCI layout or root filesystem.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "files", nargs="*", metavar="FILE", help=_("an archive or layout directory; - is standard input")
        )
        parser.add_argument(
            "-i",
            "--input",
            action="append",
            default=[],
            metavar="FILE",
            help=_("the same, as docker spells it"),
        )
        parser.add_argument("-q", "--quiet", action="store_true", help=_("show no progress"))

    def handle(self, *args: object, **options: Any) -> None:
        files = [*options["files"], *options["input"]] or [STANDARD_INPUT]
        if STANDARD_INPUT in files and sys.stdin.isatty():
            raise CommandError(_("Give a file to load, or an archive on standard input."))
        report = None if options["quiet"] or not sys.stderr.isatty() else progress_line(self.stderr.write)
        failed = [file for file in files if not self.load(file, report, options["format"] == "json")]
        if failed:
            raise SystemExit(1)

    def load(self, file: str, report: Callable[[Progress], None] | None, as_json: bool) -> bool:
        """Load one archive; whether that went well."""
        try:
            result = import_archive(source_of(file), filename=Path(file).name, progress=report)
        except (OCIError, OSError) as error:
            self.stderr.write(f"{shown(file)}: {sentence(error)}")
            return False
        for row in loaded(result):
            self.print_json(row) if as_json else self.stdout.write(line_of(row))
        return True


def source_of(file: str) -> Path | BinaryIO:
    return sys.stdin.buffer if file == STANDARD_INPUT else Path(file)


def sentence(error: OCIError | OSError) -> str:
    """What went wrong; of a system error without the path, which stands before it."""
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def loaded(result: ImportResult) -> list[dict[str, str | None]]:
    """A row for each name that was set, and for each image without one."""
    rows: list[dict[str, str | None]] = [
        {"Name": Reference.parse(f"{row.repository}:{row.tag}").familiar, "ID": row.image.image_id}
        for row in result.references
    ]
    named = {row["ID"] for row in rows}
    return rows + [
        {"Name": None, "ID": image.image_id} for image in result.images if image.image_id not in named
    ]


def line_of(row: dict[str, str | None]) -> str:
    """As docker load prints it."""
    return f"Loaded image: {row['Name']}" if row["Name"] else f"Loaded image ID: {row['ID']}"


def progress_line(write: Callable[..., None]) -> Callable[[Progress], None]:
    """Keeps one line of a terminal up to date, a few times a second, and clears it at the end of a stage."""
    last = 0.0

    def report(progress: Progress) -> None:
        nonlocal last
        is_end = progress.total is not None and progress.done >= progress.total
        if monotonic() - last < SECONDS_BETWEEN and not is_end:
            return
        last = monotonic()
        of = f" / {human_size(progress.total)}" if progress.total else ""
        text = f"{progress.stage}: {human_size(progress.done)}{of} {progress.detail}"
        write(f"\r\x1b[K{'' if is_end else text}", ending="")

    return report
