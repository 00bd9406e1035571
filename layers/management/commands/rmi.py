"""``rmi``: images, and names, out of the library."""

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from layers.management.command import LibraryCommand
from layers.management.human import human_size
from layers.models import Reference
from layers.oci.errors import shown
from layers.oci.reference import Reference as Name
from layers.operations.delete_image import DeletedImage, ImageInUse, delete_image, delete_reference
from layers.queries.freed import Holdings
from layers.queries.images import AmbiguousImage, ImageNotFound, find_image, find_reference
from layers.queries.would_delete import would_delete


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

        parser.add_argument(
            "--dry-run",
            action="store_true",
            help=gettext_lazy("remove nothing; print what would go, and what would be free then"),
        )

    def handle(self, *args: object, **options: Any) -> None:
        if options["dry_run"]:
            self.rehearse(options["images"], options["format"] == "json")
            return
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

    def rehearse(self, texts: list[str], is_json: bool) -> None:
        """Print what removing all of them would free."""
        references = [found for text in texts if (found := find_reference(text)) is not None]
        images = [find_image(text) for text in texts if find_reference(text) is None]
        would = would_delete(references, images)
        freed = Holdings().freed([image.pk for image in would.images])
        lines = [("Untagged", familiar(row)) for row in would.references]
        lines += [("Deleted", image.image_id) for image in would.images]
        lines += [("Deleted", chain_id) for chain_id in freed.chain_ids]
        if is_json:
            for verb, what in lines:
                self.print_json({verb: what})
            self.print_json({"SpaceReclaimed": freed.size, "Blobs": len(freed.digests), "Rows": freed.rows})
            return
        for verb, what in lines:
            self.stdout.write(f"{verb}: {what}")
        for image in would.used:
            self.stderr.write(_("A container stands on %(image)s: it stays.") % {"image": image.image_id})
        self.stdout.write(f"\nTotal reclaimed space: {human_size(freed.size, 4)}")


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
