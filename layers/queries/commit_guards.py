"""What to know before a commit: nothing about files to leave out, but what the image will be like."""

import json
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from layers.oci.changeset.entry import Kind, Member
from layers.oci.changeset.paths import as_text, clean
from layers.oci.commit import LOST
from layers.oci.config import pairs, texts
from layers.oci.findings.values import SECRET_NAME
from layers.queries.commit_plan import CommitPlan

MOST_LAYERS: Final = 125
"""overlay2 of Docker mounts 128 directories, and needs three of them itself."""
PATHS_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class Guard:
    """One thing to know; ``is_warning`` if the image will not do what one would think."""

    kind: str
    """``volume``, ``depth``, ``lost``, ``variable`` or ``command``."""
    text: str
    paths: tuple[bytes, ...] = ()
    is_warning: bool = True


def check_guards(plan: CommitPlan) -> list[Guard]:
    """What there is to say of a commit; last, what the new image will run."""
    return [*_volumes(plan), *_depth(plan), *_lost(plan), *_variables(plan), _command(plan)]


def _volumes(plan: CommitPlan) -> list[Guard]:
    """Edited paths that a container of the new image will not show, or not for long."""
    guards = []
    for name, _value in pairs(plan.runtime.get("Volumes")):
        volume = clean(name.encode("utf-8", "surrogateescape"))
        paths = [member.path for member, _entry in plan.members if _is_edit(member, volume)]
        if paths:
            text = _(
                "%(path)s is declared a volume: what this layer holds there is copied into new volumes only,"
                " and what containers write there later is in no image."
            )
            guards.append(Guard("volume", text % {"path": "/" + as_text(volume)}, tuple(paths[:PATHS_NAMED])))
    return guards


def _is_edit(member: Member, volume: bytes) -> bool:
    is_below = not volume or member.path.startswith(volume + b"/")
    return is_below and member.kind is not Kind.OPAQUE


def _depth(plan: CommitPlan) -> list[Guard]:
    count = len(plan.base.diff_ids) + (not plan.is_empty)
    if count <= MOST_LAYERS:
        return []
    text = _("The image will have %(count)d layers: Docker runs none with more than %(most)d.")
    return [Guard("depth", text % {"count": count, "most": MOST_LAYERS})]


def _lost(plan: CommitPlan) -> list[Guard]:
    """Settings of the base that a commit drops, as docker's does, unless a change sets them again."""
    names = [name for name in LOST if plan.base.runtime.get(name) and not plan.runtime.get(name)]
    text = _("A commit does not take over %(name)s of the image (%(value)s): give it again if it is needed.")
    words = {"OnBuild": "ONBUILD", "Shell": "SHELL", "StopTimeout": "StopTimeout"}
    return [
        Guard("lost", text % {"name": words[name], "value": _shown(plan.base.runtime[name])})
        for name in names
    ]


def _variables(plan: CommitPlan) -> list[Guard]:
    """Variables that this commit sets and whose names say that they are secret."""
    before = set(texts(plan.started.get("Env")))
    names = [line.partition("=")[0] for line in texts(plan.runtime.get("Env")) if line not in before]
    text = _("The variable %(name)s would stand in the image for everybody to read.")
    return [Guard("variable", text % {"name": name}) for name in names if SECRET_NAME.search(name)]


def _command(plan: CommitPlan) -> Guard:
    """Docker's own habit, and what it means here."""
    words = [*texts(plan.runtime.get("Entrypoint")), *texts(plan.runtime.get("Cmd"))]
    if not words:
        text = _("The new image names no command: to run it, say one, or set CMD or ENTRYPOINT here.")
    elif plan.runtime.get("Cmd") == plan.started.get("Cmd"):
        text = _(
            "The new image will run %(command)s, as the image does. (Docker would take over the command that"
            " the container was started with; this one was started with none.)"
        )
    else:
        text = _("The new image will run %(command)s, which a change here sets.")
    return Guard("command", text % {"command": _shown(words)}, is_warning=False)


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
