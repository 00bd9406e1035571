"""What the page of a commit shows: what is filled in, what is wrong with it, and what would come of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from layers.models import Container
from layers.oci.changeform import HEALTH_FLAGS, PAIRS, ChangeForm, faults, form_of
from layers.oci.changes import Runtime
from layers.oci.commit import container_runtime
from layers.oci.config import texts
from layers.oci.dockerfile.lines import numbered_lines
from layers.oci.errors import InvalidChange
from layers.oci.findings.cover import covered_document
from layers.oci.findings.values import SECRET_NAME
from layers.operations import own_names
from layers.operations.write_dockerfile import dockerfile_of
from layers.queries.commit_guards import check_guards
from layers.queries.commit_plan import CommitOptions, config_of, plan_commit
from layers.queries.commit_preview import CommitPreview, preview_of
from layers.queries.compared_config import as_set
from layers.queries.config_diff import field_changes
from layers.queries.hygiene import Finding, check_hygiene
from layers.queries.taken_names import CheckedName, check_name
from layers.queries.uppers import open_upper
from layers.views import commit_commands
from layers.views.commit_wish import CommitWish
from layers.views.containers import heading
from layers.views.runtime import Value, settings_of
from layers.views.state import PAGE_ROWS
from layers.views.textwork import Difference, compared

FIELDS: Final = (
    *("CMD", "ENTRYPOINT", "ENV", "EXPOSE", "LABEL", "USER", "VOLUME", "WORKDIR"),
    *("STOPSIGNAL", "HEALTHCHECK", "ONBUILD", "SHELL"),
)
LONGEST_AUTHOR: Final = 255
LONGEST_CHANGES: Final = 64 * 1024
FINDINGS_SHOWN: Final = 200
FIELDS_SHOWN: Final = 200
"""Of a config that differ: one line can expose 65,535 ports."""
LONGEST_DOCUMENT: Final = 2000
"""Lines of a config up to which it is compared as text."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A filled-in form held against docker's grammar and the container."""

    name: CheckedName
    errors: Mapping[str, str]
    """By field; of the changes by instruction."""
    line_errors: Mapping[int, str]
    """By line, where the changes are lines."""
    changes: Sequence[str]
    """Dockerfile lines: the ones filled in if nothing is wrong with them, else those kept before."""
    image_runtime: Mapping[str, object]
    """How containers of the image start."""

    @property
    def is_fit(self) -> bool:
        """Whether it can be committed."""
        return not self.errors and not self.line_errors

    @property
    def is_draft(self) -> bool:
        """Whether the container can remember it; the name is not part of that."""
        return not self.line_errors and self.errors.keys() <= {"name"}


@dataclass(frozen=True, slots=True)
class ChangeField:
    """A field for one instruction."""

    name: str
    value: str
    pairs: tuple[tuple[str, str], ...]
    image: tuple[Value, ...]
    """What the image has."""
    error: str


def image_environment(runtime: Mapping[str, object]) -> dict[str, str]:
    parts = (line.partition("=") for line in texts(runtime.get("Env")))
    return {name: value for name, _, value in parts}


def drafted(container: Container) -> CommitWish:
    """What the container remembers, in fields if its lines can be read so."""
    runtime = config_of(container.image).runtime
    try:
        form = form_of(container.config_changes, image_environment(runtime))
    except InvalidChange:
        form = None
    return CommitWish.drafted(container, form)


def judge(container: Container, wish: CommitWish) -> Judgement:
    """What is wrong with a form, each thing at its place. Raises ``ContentMissing``, ``DigestMismatch``."""
    base = config_of(container.image)
    started = container_runtime(base, container.container_id, container.image.image_id)
    name = checked_name(wish.name)
    errors = {"name": name.error} if name.error else {}
    for field, text in (("author", wish.author), ("message", wish.message)):
        if "\0" in text:
            errors[field] = _("It holds a NUL character, which nobody can see.")
    if len(wish.author) > LONGEST_AUTHOR:
        errors["author"] = _("An author has at most %(most)d characters.") % {"most": LONGEST_AUTHOR}
    lines, wrong, wrong_lines = changes_of(container, wish, started)
    is_wrong = bool(wrong or wrong_lines)
    return Judgement(
        name, errors | wrong, wrong_lines, container.config_changes if is_wrong else lines, base.runtime
    )


def checked_name(text: str) -> CheckedName:
    """The name as grammar, library and its owner have it."""
    name = check_name(text)
    try:
        if name.reference:
            own_names.check_name(name.reference)
    except own_names.NotYourName as error:
        return CheckedName(error=str(error))
    return name


def changes_of(
    container: Container, wish: CommitWish, started: Runtime
) -> tuple[list[str], dict[str, str], dict[int, str]]:
    """The lines that are filled in, and what docker objects to: by field, or by line."""
    size = len(wish.text) if wish.as_lines else sum(len(line) for _name, line in wish.form.lines())
    if size > LONGEST_CHANGES:
        text = _("The changes are longer than %(most)d characters.") % {"most": LONGEST_CHANGES}
        return [], {"lines" if wish.as_lines else "ENV": text}, {}
    if wish.as_lines:
        counted = list(numbered_lines(wish.text))
        return wish.lines if counted else [], {}, faults(counted, started)
    filled = [line for _name, line in wish.form.lines()]
    if filled == [line for _name, line in kept_form(container, started).lines()]:
        filled = list(container.config_changes)
    return filled, wish.form.faults(started), {}


def kept_form(container: Container, started: Runtime) -> ChangeForm:
    """The lines that are kept, as fields: where no field is changed, the lines stay as they were written."""
    try:
        return form_of(container.config_changes, image_environment(started))
    except InvalidChange:
        return ChangeForm()


def page_of(container: Container, wish: CommitWish, judged: Judgement) -> dict[str, Any]:
    """Everything that the page shows.

    Raises:
        ContainerNotFound, ContentMissing, DigestMismatch
    """
    author, message = (
        "" if field in judged.errors else getattr(wish, field) for field in ("author", "message")
    )
    options = CommitOptions(author, message, (), wish.leave_out, wish.reproducible)
    plan = plan_commit(container, options)
    preview = preview_of(plan)
    findings = check_hygiene(plan.container)
    return heading(plan.container, "commit") | {
        "wish": wish,
        "judged": judged,
        "fields": fields_of(wish, judged),
        "health_flags": [(flag, wish.form.health.get(flag, "")) for flag in HEALTH_FLAGS],
        "config_count": config_count(judged),
        "findings": [(each, each.path in wish.leave_out) for each in findings[:FINDINGS_SHOWN]],
        "more_findings": max(0, len(findings) - FINDINGS_SHOWN),
        "can_leave_out": sum(each.can_leave_out for each in findings),
        "saved_size": saved_size(plan.container, preview),
        "guards": check_guards(plan),
        "preview": preview,
        "build": dockerfile_of(plan),
        "commands": commit_commands.for_wish(plan.container, wish, judged.changes),
        **entries_page(preview, wish.offset),
        **config_page(preview),
    }


def config_count(judged: Judgement) -> int:
    """How many lines change the config."""
    return len([line for line in judged.changes if line.strip() and not line.lstrip().startswith("#")])


def fields_of(wish: CommitWish, judged: Judgement) -> list[ChangeField]:
    """The fields, what is wanted most often first."""
    image = {setting.instruction: setting.values for setting in settings_of(judged.image_runtime)}
    return [
        ChangeField(
            name,
            wish.form.texts.get(name, ""),
            (*wish.form.pairs.get(name, ()), ("", "")) if name in PAIRS else (),
            image.get(name, ()),
            judged.errors.get(name, ""),
        )
        for name in FIELDS
    ]


def entries_page(preview: CommitPreview, offset: int) -> dict[str, Any]:
    """Some of the entries of the new layer."""
    total = len(preview.entries)
    start = min(offset, max(0, total - 1)) // PAGE_ROWS * PAGE_ROWS
    last = min(start + PAGE_ROWS, total)
    return {
        "entries": preview.entries[start:last],
        "first_entry": start + 1,
        "last_entry": last,
        "previous_offset": max(0, start - PAGE_ROWS) if start else None,
        "next_offset": last if last < total else None,
    }


def config_page(preview: CommitPreview) -> dict[str, Any]:
    """The config before and after: field by field, and as documents side by side."""
    before, after = preview.config_before, preview.config_after
    rows = [row for row in map(as_set, field_changes(before, after)) if row.kind]
    return {
        "config_rows": [(row, bool(SECRET_NAME.search(row.name))) for row in rows[:FIELDS_SHOWN]],
        "config_row_count": len(rows),
        "more_config_rows": max(0, len(rows) - FIELDS_SHOWN),
        "documents": {
            "text": {"difference": document_difference(before, after)},
            "before": {"label": _("the image")},
            "after": {"label": _("the new image")},
        },
    }


def document_difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference | None:
    """Two configs as indented JSON, secrets covered, side by side; None where that would take too long."""
    if max(map(line_count, (before, after))) > LONGEST_DOCUMENT:
        return None
    documents = [
        json.dumps(covered_document(side), indent=2, ensure_ascii=False).split("\n")
        for side in (before, after)
    ]
    return compared(*[[line + "\n" for line in lines] for lines in documents])


def line_count(value: object) -> int:
    """How many lines it has as indented JSON; of a list or object that is too long, how many are in it."""
    if not isinstance(value, dict | list) or not value:
        return 1
    if len(value) > LONGEST_DOCUMENT:
        return len(value)
    return 2 + sum(map(line_count, value.values() if isinstance(value, dict) else value))


def saved_size(container: Container, preview: CommitPreview) -> int:
    """Bytes of files that the layer does not get because they are left out."""
    kept = sum(entry.member.size for entry in preview.entries)
    return max(0, open_upper(container).size - kept)


def all_left_out(findings: Sequence[Finding]) -> tuple[bytes, ...]:
    """Every path that can be left out."""
    return tuple(finding.path for finding in findings if finding.can_leave_out)
