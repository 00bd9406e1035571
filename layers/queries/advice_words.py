"""Advice about bytes, in plain sentences: what happened, what it costs, what to do instead."""

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Final

from django.utils.translation import gettext as _

from layers.oci.changeset.paths import as_text
from layers.queries import advice as kinds
from layers.queries.advice import Advice
from layers.queries.hygiene_rules import CACHE, first_rule

LONGEST_STEP: Final = 60
LONGEST_READ: Final = 4000
"""Characters of an instruction in which the command is looked for that removed something."""
REMOVAL: Final = re.compile(
    r"\b(?:rm|apk del|(?:apt|apt-get) (?:clean|purge|remove|autoremove)|(?:yum|dnf) (?:clean|remove|erase)"
    r"|pip cache purge)\b[^&;|]*"
)
CHANGE: Final = re.compile(r"\b(?:chown|chmod|chgrp|setcap)\b[^&;|]*")

Spell = Callable[[int], str]
"""How bytes are spelled."""
Facts = Mapping[str, object]


def sentence(advice: Advice, spell: Spell) -> str:
    """What an advice says. It holds text of the image: spell that out before it is shown."""
    facts = {
        "size": spell(advice.size),
        "brought": step(advice.position, advice.brought),
        "hid": step(advice.hidden_by, advice.hid),
        "hider": _("layer %(number)s") % {"number": advice.hidden_by},
        "path": f"/{as_text(advice.paths[0][0])}",
        "count": advice.path_count,
    }
    return SENTENCES[advice.kind](advice, facts)


def step(position: int | None, text: str) -> str:
    """A layer by its number and what made it."""
    name = _("layer %(number)s") % {"number": position}
    return f"{name} (“{shortened(text)}”)" if text else name


def shortened(text: str) -> str:
    """As much of an instruction as a sentence holds."""
    return text if len(text) <= LONGEST_STEP else f"{text[: LONGEST_STEP - 1]}…"


def _deleted(advice: Advice, facts: Facts) -> str:
    removal = removal_of(advice.hid, f"/{as_text(advice.paths[0][0])}")
    if advice.brought.startswith(("COPY", "ADD")):
        text = _(
            "In %(hid)s %(size)s are deleted that %(brought)s brought, and shipped all the same:"
            " keep them out of the COPY with .dockerignore, or use a build stage of their own."
        )
    elif removal and advice.brought.startswith("RUN"):
        text = _("“%(command)s” in %(hider)s hides %(size)s of %(brought)s: do both in one RUN.")
    else:
        text = _(
            "In %(hid)s %(size)s of %(brought)s are deleted, and shipped all the same: do both in one step."
        )
    return text % {**facts, "command": shortened(removal)}


def removal_of(hid: str, path: str) -> str:
    """The command of a step that removed the path: the one that names it, or the only one that removes.

    >>> removal_of("RUN rm /root/key && apk del gcc", "/usr/bin/gcc")
    'apk del gcc'
    >>> removal_of("RUN rm /root/key && apk del build-base", "/usr/bin/gcc")
    ''
    """
    commands = [match[0].strip() for match in REMOVAL.finditer(hid[:LONGEST_READ])]
    naming = [command for command in commands if names(command, path)]
    return naming[0] if naming else commands[0] if len(commands) == 1 else ""


def names(command: str, path: str) -> bool:
    """Whether a word of the command is the path, a pattern of it, a directory above it, or its last name."""
    words = [word.strip("\"'").rstrip("/") for word in command.split()[1:]]
    return any(
        word == path.rpartition("/")[2] or path.startswith(f"{word}/") or fnmatchcase(path, word)
        for word in words
        if word
    )


def _metadata(advice: Advice, facts: Facts) -> str:
    change = CHANGE.search(advice.hid)
    if change:
        text = _(
            "“%(command)s” in %(hider)s stores %(size)s of %(brought)s a second time for a new owner or mode:"
            " set it where the files come in (COPY --chown, --chmod), or in the same RUN."
        )
    else:
        text = _(
            "In %(hid)s %(size)s of %(brought)s are stored a second time for a new owner or mode:"
            " set it where the files come in."
        )
    return text % {**facts, "command": shortened(change[0].strip()) if change else ""}


def _same(advice: Advice, facts: Facts) -> str:
    return (
        _("In %(hid)s %(size)s of %(brought)s are written again, the same to the byte: once is enough.")
        % facts
    )


def _database(advice: Advice, facts: Facts) -> str:
    text = _(
        "In %(hid)s %(size)s of databases that %(brought)s wrote are stored again whole, as %(path)s:"
        " what is installed in one RUN writes them once."
    )
    return text % facts


def _overwritten(advice: Advice, facts: Facts) -> str:
    text = _(
        "In %(hid)s %(size)s of %(brought)s are replaced, as %(path)s:"
        " the first version is shipped and never seen; write it once."
    )
    return text % facts


def _left(advice: Advice, facts: Facts) -> str:
    found = first_rule(advice.paths[0][0])
    if advice.paths[0][0].endswith(b"__pycache__"):
        text = _(
            "%(size)s of compiled Python are left by %(brought)s, as %(path)s: Python makes them again;"
            " PYTHONDONTWRITEBYTECODE=1 and pip --no-compile keep them out."
        )
    elif found is not None and found[0].kind == CACHE:
        text = _(
            "%(size)s of caches are left by %(brought)s, as %(path)s: remove them in the step that makes"
            " them, or keep them out with RUN --mount=type=cache,target=%(path)s."
        )
    else:
        text = _(
            "%(size)s of logs and temporary files are left by %(brought)s, as %(path)s:"
            " remove them in the step that makes them."
        )
    return text % facts


def _duplicate(advice: Advice, facts: Facts) -> str:
    text = _(
        "%(size)s are further copies of content that is there already, as %(path)s:"
        " a link (ln) costs nothing."
    )
    return text % facts


SENTENCES: Final[Mapping[str, Callable[[Advice, Facts], str]]] = {
    kinds.DELETED: _deleted,
    kinds.METADATA: _metadata,
    kinds.SAME: _same,
    kinds.DATABASE: _database,
    kinds.OVERWRITTEN: _overwritten,
    kinds.LEFT: _left,
    kinds.DUPLICATE: _duplicate,
}
