"""The page that puts the histories of two images beside each other."""

from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from layers.models import Image
from layers.queries.compare_history import compare_histories
from layers.queries.images import AmbiguousImage, ImageNotFound, find_image
from layers.queries.stack import familiar_names
from layers.views import commands
from layers.views.partials import HtmxHttpRequest, render_page

LONGEST_NAME = 400
TOOLS = ("docker", commands.PROGRAM)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: what was asked for, and what was found."""

    letter: str
    text: str
    image: Image | None = None
    name: str = ""
    error: str = ""


@require_safe
def history_compare(request: HtmxHttpRequest) -> HttpResponse:
    """The steps that images ``a`` and ``b`` share, and those that only one of them has."""
    sides = [side(letter, request.GET.get(letter, "").strip()) for letter in "ab"]
    images = [each.image for each in sides if each.image]
    compared = compare_histories(*images) if len(images) == len(sides) else None
    context = {
        "section": "images",
        "sides": sides,
        "compared": compared,
        "own": list(zip(sides, (compared.first, compared.second), strict=True)) if compared else [],
        "commands": [f"{tool} history {each.name}" for tool in TOOLS for each in sides if compared],
    }
    return render_page(
        request,
        "layers/history/compare.html",
        partial="layers/history/_compared.html",
        context=context,
        status=HTTPStatus.NOT_FOUND if any(each.error for each in sides) else HTTPStatus.OK,
    )


def side(letter: str, text: str) -> Side:
    """The image that a name or an ID means; nothing for no text."""
    if not text:
        return Side(letter, "")
    try:
        image = find_image(text[:LONGEST_NAME])
    except (ImageNotFound, AmbiguousImage) as error:
        return Side(letter, text, error=str(error))
    return Side(letter, text, image, commands.name_of(image, familiar_names(image)))
