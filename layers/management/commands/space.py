"""``space``: where the bytes of an image went, and what to do about those that nobody sees."""

import re
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management import space_tables as tables
from layers.management.command import LibraryCommand
from layers.management.human import human_size
from layers.management.listing import printable
from layers.management.table import table
from layers.models import Image
from layers.oci.changeset.globs import InvalidGlob
from layers.queries.advice import advise
from layers.queries.advice_words import sentence
from layers.queries.dive import dive_score_of
from layers.queries.images import find_image
from layers.queries.ledgers import ledger_of
from layers.queries.positions import position_of
from layers.queries.space import by_type, largest, package_directories, space_tree, tar_sizes
from layers.queries.what_if import WhatIf, leave_out, squash

RUN = re.compile(r"(\S+?)[-:](\S+)")


class Command(LibraryCommand):
    refusals = (*LibraryCommand.refusals, InvalidGlob)

    help = gettext_lazy(
        "Show where the bytes of an image went: seen, overwritten by a later layer, or deleted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("image", metavar="IMAGE")
        parser.add_argument(
            "--layer", metavar="LAYER", help=gettext_lazy("only bytes that this layer brought")
        )
        parser.add_argument(
            "--by",
            choices=["layer", "dir", "type", "package"],
            default="layer",
            help=gettext_lazy(
                "sum up by layer (default), by directory, by type of file or by directory of a package"
            ),
        )
        parser.add_argument(
            "--path", metavar="DIR", default="", help=gettext_lazy("with --by dir: what this directory holds")
        )
        parser.add_argument("--largest", type=int, metavar="N", help=gettext_lazy("the N largest files"))
        parser.add_argument(
            "--hidden",
            action="store_true",
            help=gettext_lazy("with --largest: those that nobody sees any more"),
        )
        parser.add_argument(
            "--duplicates", type=int, metavar="N", help=gettext_lazy("the N contents that are there twice")
        )
        parser.add_argument(
            "--squash", metavar="I-J", help=gettext_lazy("what it would weigh with these layers as one")
        )
        parser.add_argument(
            "--without", metavar="PATTERN", help=gettext_lazy("what it would weigh without these paths")
        )
        parser.add_argument("--no-trunc", action="store_true", help=gettext_lazy("cut nothing"))

    def handle(self, *args: object, **options: Any) -> None:
        image = find_image(options["image"])
        if options["squash"] or options["without"]:
            self.forecast(self.asked(image, options), options["format"] == "json")
        elif options["largest"] is not None:
            items = self.items(image, options)
            found = largest(items, max(0, options["largest"]), hidden=options["hidden"])
            names = ledger_of(image).other_names
            self.rows(
                found,
                lambda item: tables.item_row(item, names.get(item, ())),
                tables.item_cells,
                tables.ITEMS,
                options,
            )
        elif options["duplicates"] is not None:
            groups = ledger_of(image).duplicates[: max(0, options["duplicates"])]
            self.rows(groups, tables.group_row, tables.group_cells, tables.GROUPS, options)
        elif options["by"] == "package":
            packages = package_directories(space_tree(image, layer=self.layer(image, options)))
            self.rows(packages, tables.package_row, tables.package_cells, (*tables.SHARES, "PATH"), options)
        elif options["by"] == "type":
            portions = by_type(self.items(image, options))
            self.rows(portions, tables.type_row, tables.type_cells, (*tables.SHARES, "TYPE"), options)
        elif options["by"] == "dir":
            path = options["path"].encode("utf-8", "surrogateescape").strip(b"/")
            shares = space_tree(image, layer=self.layer(image, options)).shares(path)
            self.rows(shares, tables.share_row, tables.share_cells, (*tables.SHARES, "PATH"), options)
        else:
            self.layers(image, options)

    def layer(self, image: Image, options: dict[str, Any]) -> int | None:
        return position_of(image, options["layer"]) if options["layer"] is not None else None

    def items(self, image: Image, options: dict[str, Any]) -> Any:
        return space_tree(image, layer=self.layer(image, options)).items

    def rows(
        self, found: Any, as_json: Any, cells: Any, header: tuple[str, ...], options: dict[str, Any]
    ) -> None:
        """Each of ``found``, as ``--format`` wants it."""
        if options["format"] == "json":
            for each in found:
                self.print_json(as_json(each))
        else:
            self.stdout.write(table([header, *map(cells, found)]), ending="")

    def layers(self, image: Image, options: dict[str, Any]) -> None:
        """The account of each layer; without ``--layer`` the whole image's, with what to do."""
        ledger = ledger_of(image)
        only = self.layer(image, options)
        found = tables.layer_rows(image, ledger)
        found = found if only is None else [found[only]]
        self.rows(
            found, dict, lambda row: tables.layer_cells(row, options["no_trunc"]), tables.LAYERS, options
        )
        if only is not None:
            return
        if options["format"] == "json":
            self.print_json(tables.total_row(ledger, dive_score_of(image), tar_sizes(image)))
            return
        for line in tables.total_sentences(ledger, dive_score_of(image), tar_sizes(image)):
            self.stdout.write(line)
        for advice in advise(image):
            self.stdout.write(
                "- " + printable(sentence(advice, human_size).encode("utf-8", "surrogateescape"))
            )

    def asked(self, image: Image, options: dict[str, Any]) -> WhatIf:
        if options["without"]:
            return leave_out(image, options["without"])
        run = RUN.fullmatch(options["squash"])
        if run is None:
            raise CommandError(_("--squash takes two layers, as 1-3: the lowest and the topmost of a run."))
        return squash(image, position_of(image, run[1]), position_of(image, run[2]))

    def forecast(self, forecast: WhatIf, as_json: bool) -> None:
        if as_json:
            for row in tables.forecast_rows(forecast):
                self.print_json(row)
            return
        self.stdout.write(table([tables.FORECAST, *tables.forecast_cells(forecast)]), ending="")
        for line in tables.forecast_sentences(forecast):
            self.stdout.write(line)
