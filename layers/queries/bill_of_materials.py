"""What an image is made of, as a CycloneDX document."""

from layers.models import Image
from layers.oci.config import parse_created
from layers.oci.packages.cyclonedx import Component, Subject, bom
from layers.queries.packages import inventory, operating_system, purl_of
from layers.queries.stack import familiar_names


def bill_of_materials(image: Image, position: int | None = None) -> dict[str, object]:
    """The packages of an image at a layer, else at its top; the same image gives the same document.

    The name stands in it, so a new one changes the document, but not its serial number.
    """
    system = operating_system(image)
    diff_ids = list(image.image_layers.order_by("position").values_list("layer__diff_id", flat=True))
    components = [
        Component(row.package, purl_of(row.package, system), row.position, diff_ids[row.position])
        for row in inventory(image, position).installed
    ]
    names = familiar_names(image)
    subject = Subject(
        image.image_id,
        names[0] if names else image.image_id,
        parse_created(image.created),
        (system.name, system.id, system.version) if system else ("", "", ""),
        None if position in (None, len(diff_ids) - 1) else position,
    )
    return bom(subject, components)
