"""The page of an image's bytes: where they went, what hides them, and what could be done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from layers.models import Image
from layers.oci.changeset.globs import InvalidGlob
from layers.oci.digest import Digest
from layers.queries.advice import Advice, advise
from layers.queries.advice_words import sentence
from layers.queries.dive import dive_score_of
from layers.queries.ledgers import ledger_of
from layers.queries.positions import NoSuchLayer
from layers.queries.space import (
    hidden_items,
    identical_rewrites,
    largest_files,
    package_directories,
    space_tree,
    tar_sizes,
)
from layers.queries.what_if import leave_out, squash
from layers.templatetags.layers import filesize
from layers.views import commands
from layers.views.images import get_image, heading
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.space_map import space_map
from layers.views.space_state import LIST_ROWS, LISTS, SpaceState
from layers.views.state import pages

ADVICE_SHOWN: Final = 4
LARGEST_LISTED: Final = 1000
QUICK_ITEMS: Final = 20_000
"""Up to here dive's score is worked out while the page waits."""


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of advice, and its sentence; text of the image is in both."""

    advice: Advice
    sentence: str


@require_safe
def image_space(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """Where the bytes of an image went: by directory, layer or type, with what can be recovered."""
    image = get_image(digest)
    top = image.image_layers.count() - 1
    state = SpaceState.parse(request, top)
    ledger = ledger_of(image)
    context = heading(image, "space") | {"state": state, "ledger": ledger, "positions": range(top + 1)}
    context["overhead_size"] = ledger.overhead(tar_sizes(image))
    context |= space_map(image, state) | listed(image, state) | tried(image, state)
    said = [Said(advice, sentence(advice, filesize)) for advice in advise(image)]
    context |= {"advice": said[:ADVICE_SHOWN], "more_advice": said[ADVICE_SHOWN:]}
    is_quick = "dive" in request.GET or len(ledger.items) <= QUICK_ITEMS
    context["dive"] = dive_score_of(image) if is_quick else None
    context["commands"] = command_lines(context["name"], state)
    return render_page(
        request, "layers/space/detail.html", partial="layers/space/_space.html", context=context
    )


@require_safe
def space_dive(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """dive's score beside our own: of a large image it takes its time, so the page fetches it by itself."""
    image = get_image(digest)
    context = heading(image, "space") | {"ledger": ledger_of(image), "dive": dive_score_of(image)}
    return render_page(
        request, "layers/space/dive.html", partial="layers/space/_scores.html", context=context
    )


LISTINGS: Final[dict[str, Callable[[Image], Sequence[Any]]]] = {
    "hidden": hidden_items,
    "largest": lambda image: largest_files(image, LARGEST_LISTED),
    "identical": identical_rewrites,
    "duplicates": lambda image: ledger_of(image).duplicates,
    "packages": lambda image: package_directories(space_tree(image)),
}


LISTED: Final = {
    "hidden": "--largest 20 --hidden",
    "largest": "--largest 20",
    "duplicates": "--duplicates 20",
    "packages": "--by package",
}
"""What lists the same on the command line."""


def listed(image: Image, state: SpaceState) -> dict[str, Any]:
    """A page of the list that is asked for."""
    found = LISTINGS[state.shown](image)
    return {
        "lists": LISTS,
        "lines": found[state.offset : state.offset + LIST_ROWS],
        "other_names": ledger_of(image).other_names,
        "pages": pages(state.offset, LIST_ROWS, len(found)),
    }


def tried(image: Image, state: SpaceState) -> dict[str, Any]:
    """What the image would weigh, if that is asked; else nothing, or why it cannot be told."""
    try:
        if state.without:
            return {"forecast": leave_out(image, state.without)}
        if state.first is not None and state.last is not None:
            return {"forecast": squash(image, state.first, state.last)}
    except (InvalidGlob, NoSuchLayer) as error:
        return {"refusal": str(error)}
    return {}


def command_lines(name: str, state: SpaceState) -> list[str]:
    """What prints the same."""
    words = [commands.PROGRAM, "space", name]
    words += [] if state.layer is None else ["--layer", str(state.layer)]
    if state.by == "type" and not state.type:
        words += ["--by", "type"]
    elif state.is_inside:
        words += ["--by", "dir", *(["--path", commands.word(state.path)] if state.path else [])]
    lines = [" ".join(words), f"{commands.PROGRAM} space {name} {LISTED.get(state.shown, LISTED['hidden'])}"]
    if state.without:
        lines.append(f"{commands.PROGRAM} space {name} --without {commands.quoted(state.without.encode())}")
    elif state.first is not None:
        lines.append(f"{commands.PROGRAM} space {name} --squash {state.first}-{state.last}")
    return lines
