"""``check IMAGE``: an image against rules, for a pipeline; without an image Django's check of the program.

Exit status: 0 passed, 1 failed, 2 for rules that cannot be read.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import check as django_check
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.check_reports import as_json, as_markdown, as_text, escaped, page_url
from layers.management.command import LibraryCommand
from layers.oci.errors import shown
from layers.queries.check import check
from layers.queries.check_rules import DIVE, OWN, InvalidRules, parse_rules
from layers.queries.images import find_image

USUAL: Final = ".dive-ci"


class Command(LibraryCommand, django_check.Command):
    help = gettext_lazy(
        "Check IMAGE against rules: how much it wastes, and which paths it may hold. Without an image, or"
        " with app labels, check the program for problems as Django does."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        django_check.Command.add_arguments(self, parser)
        parser.add_argument(
            "--rules",
            metavar="FILE",
            help=gettext_lazy("the rules (default: .dive-ci here, if it is there; else those of dive)"),
        )
        parser.add_argument(
            "--numbers",
            choices=[OWN, DIVE],
            help=gettext_lazy(
                "whose figures are held against dive's three rules (default: what the rules say)"
            ),
        )
        parser.add_argument("--format", choices=["text", "json", "markdown"], default="text")
        parser.add_argument(
            "--site",
            default=settings.SITE,
            help=gettext_lazy(
                "where people reach the server, for the link to the page (default: IMAGEBROWSER_SITE)"
            ),
        )

    def handle(self, *args: str, **options: Any) -> None:
        if not args or set(args) <= {config.label for config in apps.get_app_configs()}:
            django_check.Command.handle(self, *args, **options)
            return
        if len(args) > 1:
            raise CommandError(_("One image at a time is checked."))
        self.check_image(args[0], options)

    def check_image(self, words: str, options: dict[str, Any]) -> None:
        """Print the report; what fails ends the program with status 1."""
        image = find_image(words)
        text = rules_text(options["rules"])
        try:
            rules = parse_rules(text)
        except InvalidRules as error:
            raise CommandError(str(error), returncode=2) from error
        result = check(image, replace(rules, numbers=options["numbers"] or rules.numbers))
        url = page_url(options["site"], image, text)
        name = escaped(words)
        if options["format"] == "json":
            self.print_json(as_json(image, name, result, url))
        else:
            report = as_markdown if options["format"] == "markdown" else as_text
            self.stdout.write(report(name, result, url), ending="")
        if not result.passed:
            raise SystemExit(1)


def rules_text(name: str | None) -> str:
    """The rules in a file; without a name those that lie here, or none."""
    path = Path(name or USUAL)
    if name is None and not path.is_file():
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else _("it is not UTF-8")
        message = _("The rules in %(file)s cannot be read: %(why)s.")
        raise CommandError(message % {"file": shown(str(path)), "why": why}, returncode=2) from error
