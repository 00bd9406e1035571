"""The page of one layer: who uses it, where, in which forms it is kept."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from layers.oci.digest import Digest
from layers.queries.layer_users import NoSuchLayerHere, layer_use
from layers.views import commands
from layers.views.partials import HtmxHttpRequest, render_page
from layers.views.state import number

USERS_A_PAGE = 100


@require_safe
def layer(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """A layer by its diff ID, wherever it stands."""
    offset = number(request.GET.get("offset"), 0, 2**31, 0) // USERS_A_PAGE * USERS_A_PAGE
    try:
        use = layer_use(str(digest), offset=offset, limit=USERS_A_PAGE)
    except NoSuchLayerHere as error:
        raise Http404(str(error)) from error
    last = offset + len(use.users)
    context = {
        "section": "shelf",
        "use": use,
        "layer": use.layer,
        "next_offset": last if last < use.user_count else None,
        "previous_offset": max(0, offset - USERS_A_PAGE) if offset else None,
        "commands": [f"{commands.PROGRAM} layer {digest.hex[:12]}"],
    }
    return render_page(request, "layers/layer/page.html", partial="layers/layer/_layer.html", context=context)
