"""The two sides of a comparison as the page lets people pick them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from layers.oci.config import parse_created
from layers.queries.images import platform_of, short_id
from layers.queries.sides import REFUSALS, Choices, Side, find_side, side_choices
from layers.queries.stack import Made, made_layers
from layers.views.compare_state import LONGEST_TEXT, CompareState
from layers.views.partials import HtmxHttpRequest


@dataclass(frozen=True, slots=True)
class Pick:
    """One side: what was asked for, and what was found."""

    letter: str
    """``a`` or ``b``: its parameter in the URL."""
    text: str
    choices: Choices
    side: Side | None = None
    error: str = ""
    layers: Sequence[Made] = ()
    """Those that can be picked, the top one first; none for a container, which counts whole."""

    @property
    def name(self) -> str:
        return self.side.name if self.side else self.text

    @property
    def is_other(self) -> bool:
        """Whether it is none of the choices: an ID, a name with a digest, what does not exist."""
        return bool(self.name) and self.name not in (*self.choices.images, *self.choices.containers)

    @property
    def short_id(self) -> str:
        if self.side is None:
            return ""
        return self.side.container.short_id if self.side.container else short_id(self.side.image)

    @property
    def platform(self) -> str:
        return platform_of(self.side.image) if self.side else ""


def pick(letter: str, text: str, choices: Choices) -> Pick:
    """The side that a text means; nothing for no text, and a sentence for what means nothing."""
    if not text:
        return Pick(letter, "", choices)
    try:
        side = find_side(text)
    except REFUSALS as error:
        return Pick(letter, text, choices, error=str(error))
    return Pick(letter, text, choices, side, layers=[] if side.container else made_layers(side.image))


def canonical(request: HtmxHttpRequest) -> HttpResponse | None:
    """Where a form leads that says its sides otherwise: ticked images, or a layer in a field of its own."""
    get, state = request.GET, CompareState.parse(request)
    if "image" in get:
        texts = [text[:LONGEST_TEXT] for text in get.getlist("image")]
        sides = dict(zip("ab", older_first(texts[:2]), strict=False))
        chosen = f"&chosen={len(texts)}" if len(texts) > len(sides) else ""
        return HttpResponseRedirect(reverse("layers:compare") + state.query(**sides) + chosen)
    if "a_layer" not in get and "b_layer" not in get:
        return None
    sides = {letter: spelled(request, letter) for letter in "ab"}
    return HttpResponseRedirect(reverse("layers:compare") + state.query(**sides, offset=0))


def older_first(texts: list[str]) -> list[str]:
    """Two images as they were made one after the other, where that is known: lists have the newest first."""
    try:
        moments = [parse_created(find_side(text).image.created) for text in texts]
    except REFUSALS:
        return texts
    first, *rest = moments
    return texts[::-1] if first and rest and rest[0] and rest[0] < first else texts


def spelled(request: HtmxHttpRequest, letter: str) -> str:
    """A name and a layer as one text; the layer belongs to what was chosen when the form was shown."""
    text = request.GET.get(letter, "").strip()[:LONGEST_TEXT]
    layer = request.GET.get(f"{letter}_layer", "")
    belongs = request.GET.get(f"{letter}_was", text) == text
    return f"{text}@{layer}" if layer.isdecimal() and len(layer) < 5 and belongs else text


@require_safe
def compare_choices(request: HtmxHttpRequest) -> HttpResponse:
    """The options of a side, narrowed to what somebody types."""
    letter = "b" if request.GET.get("side") == "b" else "a"
    choices = side_choices(request.GET.get("find", "")[:LONGEST_TEXT])
    chosen = request.GET.get(letter, "")[:LONGEST_TEXT]
    context = {"pick": Pick(letter, chosen, choices)}
    return render(request, "layers/compare/_choices.html", context)
