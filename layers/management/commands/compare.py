"""``compare``: what differs between two images, images at a layer, or containers."""

from argparse import Action, ArgumentParser, Namespace
from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from layers.management import comparison
from layers.management.command import LibraryCommand
from layers.oci.errors import OCIError
from layers.queries.compared_config import compare_configs
from layers.queries.compared_packages import compare_packages
from layers.queries.files import ContentMissing
from layers.queries.sides import REFUSALS, Side, find_side

SECTIONS = ("files", "config", "history", "sizes", "packages")


class LayerOf(Action):
    """``--layer`` belongs to the side that stands before it."""

    def __call__(
        self, parser: ArgumentParser, namespace: Namespace, values: Any, option_string: str | None = None
    ) -> None:
        side = "b" if namespace.b is not None else "a"
        if getattr(namespace, side) is None:
            parser.error(str(_("--layer stands after the image it belongs to")))
        setattr(namespace, f"{side}_layer", values)


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, *REFUSALS, OCIError, ContentMissing)

    help = _(
        "Compare two sides: what changed from A to B, as docker diff tells it (A, C, D), and in config, "
        "history, sizes and packages. A side is an image, IMAGE@LAYER, or a container."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("a", metavar="A")
        parser.add_argument("b", metavar="B")
        parser.add_argument(
            "--layer",
            metavar="N",
            action=LayerOf,
            help=_("the layer of the image before it: its number or diff_id"),
        )
        parser.set_defaults(a_layer=None, b_layer=None)
        parser.add_argument("--files", action="store_true", help=_("only the files, as docker diff does"))
        parser.add_argument("--config", action="store_true", help=_("only the config, field by field"))
        parser.add_argument("--history", action="store_true", help=_("only the steps that one side has"))
        parser.add_argument("--sizes", action="store_true", help=_("only the sizes"))
        parser.add_argument("--packages", action="store_true", help=_("only the packages"))
        parser.add_argument(
            "--silent", action="store_true", help=_("also files that docker diff does not mention")
        )
        parser.add_argument("--no-trunc", action="store_true", help=_("cut nothing"))

    def handle(self, *args: object, **options: Any) -> None:
        a, b = (find_side(options[side], options[f"{side}_layer"]) for side in ("a", "b"))
        asked = [section for section in SECTIONS if options[section]]
        for section in asked or SECTIONS:
            if options["format"] == "json":
                for row in as_json(section, a, b, options["silent"]):
                    self.print_json({"section": section, **row})
                continue
            if len(asked) != 1:
                self.stdout.write(section.upper())
            lines = list(as_text(section, a, b, options["silent"], options["no_trunc"]))
            if not lines and len(asked) != 1:
                lines = [gettext("(no difference)")]
            for line in lines:
                self.stdout.write(line)
            if section != (asked or SECTIONS)[-1]:
                self.stdout.write("")


def as_text(section: str, a: Side, b: Side, silent: bool, whole: bool) -> Iterable[str]:
    """A section in lines."""
    if section == "files":
        return comparison.files_text(comparison.files(a, b, silent))
    if section == "config":
        return comparison.config_text(compare_configs(a, b), whole)
    if section == "history":
        return comparison.history_text(comparison.histories(a, b), whole)
    if section == "packages":
        return comparison.packages_text(compare_packages(a, b))
    return [comparison.sizes_text(comparison.sizes_rows(a, b))]


def as_json(section: str, a: Side, b: Side, silent: bool) -> Iterable[dict[str, Any]]:
    """A section in rows."""
    if section == "files":
        return comparison.files_json(comparison.files(a, b, silent))
    if section == "config":
        return comparison.config_json(compare_configs(a, b))
    if section == "history":
        return comparison.history_json(comparison.histories(a, b))
    if section == "packages":
        return comparison.packages_json(compare_packages(a, b))
    return comparison.sizes_json(comparison.sizes_rows(a, b))
