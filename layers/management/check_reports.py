"""The report of a check: as text, JSON or Markdown, each with a link to the page that says the same."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from layers.management.human import human_size
from layers.management.listing import printable, text_fields
from layers.management.table import table
from layers.models import Image
from layers.queries.check import CheckResult, FoundPath, Verdict
from layers.queries.check_rules import DIVE
from layers.queries.check_words import place, said

WORDS: Final = {True: "PASS", False: "FAIL", None: "SKIP"}
MARKS: Final = {True: "✅", False: "❌", None: "➖"}
LONGEST_LINK: Final = 4000
"""Longer rules stay out of the link: servers cut addresses."""


def page_url(site: str, image: Image, rules: str) -> str:
    """The page of the check, under the address at which people reach the server."""
    query = f"?{urlencode({'rules': rules})}" if rules and len(rules) <= LONGEST_LINK else ""
    return f"{site.rstrip('/')}/images/{image.image_id.rpartition(':')[2]}/check/{query}"


def title_of(verdict: Verdict) -> str:
    """The rule, and the pattern of one for paths."""
    return f"{verdict.rule} {escaped(verdict.pattern)}".rstrip()


def escaped(text: str) -> str:
    return printable(text.encode("utf-8", "surrogateescape"))


def summary(result: CheckResult) -> str:
    """How it came out, and whose the figures are."""
    whose = _("dive's numbers") if result.numbers == DIVE else _("our own numbers")
    facts = {"failed": result.failed_count, "count": len(result.verdicts), "whose": whose}
    text = (
        _("PASS: all %(count)d rules, by %(whose)s")
        if result.passed
        else _("FAIL: %(failed)d of %(count)d rules, by %(whose)s")
    )
    return text % facts


def as_text(name: str, result: CheckResult, url: str) -> str:
    """For a terminal and a log."""
    rows = [
        (WORDS[verdict.passed], title_of(verdict), said(verdict, human_size)) for verdict in result.verdicts
    ]
    lines = [f"      {path_line(found)}" for verdict in result.verdicts for found in listed(verdict)]
    return f"{name}\n{table(rows)}" + "".join(f"{line}\n" for line in lines) + f"{summary(result)}\n{url}\n"


def path_line(found: FoundPath) -> str:
    return f"{printable(b'/' + found.path)}  ({place(found)})"


def listed(verdict: Verdict) -> Iterable[FoundPath]:
    """The paths that a reader has to know of: those that should not be there."""
    return verdict.paths if verdict.passed is False else ()


def as_markdown(name: str, result: CheckResult, url: str) -> str:
    """For a comment on a merge request."""
    lines = [f"### [{summary(result)}]({url})", "", f"Image `{code(name)}`", ""]
    lines += ["| | Rule | Found |", "|---|---|---|"]
    for verdict in result.verdicts:
        lines.append(
            f"| {MARKS[verdict.passed]} | `{code(title_of(verdict))}` | {said(verdict, human_size)} |"
        )
    paths = [found for verdict in result.verdicts for found in listed(verdict)]
    lines += [""] * bool(paths) + [
        f"- `{code(printable(b'/' + found.path))}`: {place(found)}" for found in paths
    ]
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """Text within a code span of a table: nothing in it ends either."""
    return text.replace("`", "ʼ").replace("|", "\\|").replace("\n", " ")


def as_json(image: Image, name: str, result: CheckResult, url: str) -> dict[str, Any]:
    """For programs."""
    return {
        "image": image.image_id,
        "name": name,
        "passed": result.passed,
        "numbers": result.numbers,
        "rules": [verdict_fields(verdict) for verdict in result.verdicts],
        "url": url,
    }


def verdict_fields(verdict: Verdict) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "rule": verdict.rule,
        "status": WORDS[verdict.passed].lower(),
        "limit": verdict.limit,
        "found": verdict.found,
    }
    if verdict.pattern:
        paths = [
            {**text_fields("path", b"/" + found.path), "layers": found.layers, "visible": found.is_visible}
            for found in verdict.paths
        ]
        fields |= {"pattern": verdict.pattern, "paths": paths}
    return fields
