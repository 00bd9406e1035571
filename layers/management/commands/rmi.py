"""``rmi``: images, and names, out of the library."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.models import Reference
from layers.oci.errors import shown
from layers.oci.reference import Reference as Name
from layers.operations.delete_image import DeletedImage, ImageInUse, delete_image, delete_reference
from layers.queries.images import AmbiguousImage, ImageNotFound, find_image, find_reference


class Command(LibraryCommand):
    help = gettext_lazy("Remove names, and images that have no other, as docker rmi does.")

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("images", nargs="+", metavar="IMAGE")
        parser.add_argument(
            "-f",
            "--force",
            action="store_true",
            help=gettext_lazy("an image by its ID, however many names it has"),
        )

    def handle(self, *args: object, **options: Any) -> None:
        refusals = []
        for text in options["images"]:
            try:
                lines = removed(text, options["force"])
            except (ImageNotFound, AmbiguousImage, ImageInUse, CommandError) as error:
                refusals.append(str(error))
                continue
            for verb, what in lines:
                if options["format"] == "json":
                    self.print_json({verb: what})
                else:
                    self.stdout.write(f"{verb}: {what}")
        if refusals:
            raise CommandError("\n".join(refusals))


def removed(text: str, force: bool) -> list[tuple[str, str]]:
    """Remove what ``text`` means; docker's words for each thing that went."""
    reference = find_reference(text)
    if reference is not None:
        return [("Untagged", familiar(reference)), *gone(delete_reference(reference=reference, force=force))]
    image = find_image(text)
    names = [familiar(row) for row in image.references.order_by("repository", "tag")]
    if len(names) > 1 and not force:
        message = _("%(text)s has several names and is not removed without --force: %(names)s.")
        raise CommandError(message % {"text": shown(text), "names": ", ".join(names)})
    return [*(("Untagged", name) for name in names), *gone([delete_image(image=image)])]


def familiar(reference: Reference) -> str:
    return Name.parse(f"{reference.repository}:{reference.tag}").familiar


def gone(images: list[DeletedImage]) -> list[tuple[str, str]]:
    """A row for each image, followed by its layers, which docker names by chain_id."""
    return [("Deleted", name) for image in images for name in (image.image_id, *image.chain_ids)]
