"""The page of an image held against rules: the address carries them, so it can be handed on."""

from typing import Final

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from layers.oci.digest import Digest
from layers.queries.check import CheckResult, check
from layers.queries.check_rules import InvalidRules, parse_rules
from layers.queries.check_words import said
from layers.templatetags.layers import filesize
from layers.views import commands
from layers.views.images import get_image, heading
from layers.views.partials import HtmxHttpRequest, render_page

LONGEST: Final = 8000
EXAMPLE: Final = """\
rules:
  lowestEfficiency: 0.95
  highestWastedBytes: 20MB
  highestUserWastedPercent: 0.20
  forbiddenPaths:
    - "**/id_rsa"
    - "/var/cache/apt/**"
  requiredPaths:
    - /etc/passwd
"""


@require_safe
def image_check(request: HtmxHttpRequest, digest: Digest) -> HttpResponse:
    """An image against the rules of the address, or those of dive where it gives none."""
    image = get_image(digest)
    text = request.GET.get("rules", "")[:LONGEST].replace("\r\n", "\n")
    context = heading(image, "space") | {"rules": text, "example": EXAMPLE}
    status = 200
    try:
        context |= results(check(image, parse_rules(text)))
    except InvalidRules as error:
        context["refusal"], status = str(error), 422
    rules_file = " --rules .dive-ci" if text else ""
    context["commands"] = [f"{commands.PROGRAM} check {context['name']}{rules_file}"]
    return render_page(
        request,
        "layers/space/check.html",
        partial="layers/space/_check.html",
        context=context,
        status=status,
    )


def results(result: CheckResult) -> dict[str, object]:
    """The verdicts, each with its sentence."""
    rows = [(verdict, said(verdict, filesize)) for verdict in result.verdicts]
    return {"result": result, "verdicts": rows}
