"""``fsck``: whether the library is sound."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from layers.management.command import NO_TABLES, LibraryCommand
from layers.management.human import human_size
from layers.models import Image
from layers.operations.repair_library import Repaired, repair_library
from layers.queries.fsck.account import Account, account
from layers.queries.fsck.library import check_library
from layers.queries.fsck.problem import Problem


class Command(LibraryCommand):
    help = _(
        "Check that nothing of the library is missing, damaged or left behind; exit status 1 if something is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--deep", action="store_true", help=_("read every blob, and hold every row against what it holds")
        )
        parser.add_argument(
            "--repair", action="store_true", help=_("mend what can be made again; nothing is lost by it")
        )

    def handle(self, *args: object, **options: Any) -> None:
        refuse_without_tables()
        if options["repair"]:
            repaired = repair_library(deep=options["deep"])
        else:
            found = tuple(check_library(deep=options["deep"]))
            repaired = Repaired(found, found)
        try:
            counted = account()
        except DatabaseError:
            counted = Account(0, 0, 0, 0, 0)  # what is wrong with the database has been told
        (self.print_rows if options["format"] == "json" else self.print_lines)(repaired, counted)
        if repaired.left:
            raise SystemExit(1)

    def print_rows(self, repaired: Repaired, counted: Account) -> None:
        """An object for each problem, and one for all."""
        for problem in repaired.found:
            is_left = problem in repaired.left
            row = {"Check": problem.fault.check, "Fault": problem.fault.word, "Subject": problem.subject}
            row |= {"Message": problem.sentence, "Repaired": not is_left}
            self.print_json(row | {"Advice": problem.advice if is_left else ""})
        self.print_json(
            {
                "Images": counted.images,
                "Containers": counted.containers,
                "Blobs": counted.blobs,
                "Size": counted.size,
                "DiskSize": counted.disk_size,
                "Problems": len(repaired.found),
                "Left": len(repaired.left),
            }
        )

    def print_lines(self, repaired: Repaired, counted: Account) -> None:
        for problem in repaired.found:
            self.stdout.write(line(problem, problem in repaired.left))
        looked = _("%(images)d images, %(containers)d containers, %(blobs)d blobs (%(size)s): ") % {
            "images": counted.images,
            "containers": counted.containers,
            "blobs": counted.blobs,
            "size": human_size(counted.size, 4),
        }
        self.stdout.write(looked + verdict(repaired))


def refuse_without_tables() -> None:
    """A library that was never made is not damaged: raises what every command then says."""
    try:
        Image.objects.exists()
    except DatabaseError as error:
        if any(words in str(error) for words in NO_TABLES):
            raise


def line(problem: Problem, is_left: bool) -> str:
    """What is wrong, and what became of it or what to do."""
    end = problem.advice if is_left else str(_("Mended."))
    return f"{problem.fault} {problem.subject}: {problem.sentence} {end}"


def verdict(repaired: Repaired) -> str:
    found, left = len(repaired.found), len(repaired.left)
    if not found:
        return str(_("all sound."))
    told = ngettext("%(count)d problem", "%(count)d problems", found) % {"count": found}
    return told + (str(_(", %(count)d left.")) % {"count": left} if left < found else ".")
