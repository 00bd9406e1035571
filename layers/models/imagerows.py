"""What a config says of an image, as rows."""

from collections.abc import Iterator

from layers.models.images import HistoryRow, Image
from layers.oci.config import ImageConfig, history_positions


def history_rows(image: Image, config: ImageConfig, layer_count: int) -> Iterator[HistoryRow]:
    """The steps that made it."""
    positions = history_positions(config.history, layer_count)
    for index, (step, position) in enumerate(zip(config.history, positions, strict=True)):
        yield HistoryRow(
            image=image,
            index=index,
            created=storable(step.created)[:64],
            created_by=storable(step.created_by),
            author=storable(step.author),
            comment=storable(step.comment),
            empty_layer=step.empty_layer,
            position=position,
        )


def storable(text: str) -> str:
    """``text`` as any database takes it: no NUL, no half of a surrogate pair. The raw bytes are kept too."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
