"""The command lines that commit as a page does, safe to paste into a shell."""

import shlex
from collections.abc import Iterable, Sequence
from urllib.parse import unquote_to_bytes

from layers.models import Commit, Container
from layers.oci.changes import DOCKER
from layers.oci.dockerfile.lines import Instruction, parse_instructions
from layers.oci.errors import InvalidChange
from layers.queries.sides import container_text
from layers.views.commands import PROGRAM, word
from layers.views.commit_wish import CommitWish


def text_word(text: str) -> str:
    """A text as one word of a POSIX shell; what cannot be seen is spelled out.

    >>> text_word("Ann"), text_word("it's"), text_word("two\\nlines")
    ('Ann', '\\'it\\'"\\'"\\'s\\'', "$'two\\\\012lines'")
    """
    if text.isprintable():
        return shlex.quote(text)
    plain = "".join(
        letter
        if letter.isprintable() and letter not in "\\'"
        else "".join(f"\\{b:03o}" for b in letter.encode())
        for letter in text
    )
    return f"$'{plain}'"


def instructions(lines: Sequence[str]) -> list[Instruction]:
    """The instructions in lines that were accepted; none if they are no longer."""
    try:
        return parse_instructions("\n".join(lines)) if lines else []
    except InvalidChange:
        return []


def for_wish(container: Container, wish: CommitWish, changes: Sequence[str]) -> list[str]:
    """What does the same as the form; our own command finds the changes with the container."""
    words = [*options(wish.author, wish.message), container_text(container)]
    own = own_options(wish.leave_out, reproducible=wish.reproducible, moved=wish.move)
    return lines_of([*words, *([wish.name] if wish.name else [])], instructions(changes), own)


def for_commit(commit: Commit, author: str, message: str) -> list[str]:
    """What did the same as a commit."""
    words = [
        *options(author, message),
        commit.container_name,
        *([commit.reference] if commit.reference else []),
    ]
    left_out = [unquote_to_bytes(path) for path in commit.left_out]
    own = own_options(left_out, reproducible=commit.reproducible, moved=commit.moved)
    return lines_of(words, instructions(commit.changes), own)


def lines_of(words: Sequence[str], changes: Sequence[Instruction], own: Sequence[str]) -> list[str]:
    """Docker's own line where it has the words for it, and ours."""
    named = " ".join(map(text_word, words))
    of_docker = "".join(f" --change {text_word(change.line)}" for change in changes)
    is_dockers = not own_only(own) and all(change.name in DOCKER for change in changes)
    ours = f"{PROGRAM} commit {' '.join([*own, named])}"
    return [f"docker commit{of_docker} {named}", ours] if is_dockers else [ours]


def own_only(own: Sequence[str]) -> bool:
    """Whether docker's commit would give another image: it leaves nothing out and clamps no time."""
    return any(option != "--move" for option in own)


def options(author: str, message: str) -> list[str]:
    return [
        *(["--author", author] if author else []),
        *(["--message", message] if message else []),
    ]


def own_options(left_out: Iterable[bytes], *, reproducible: bool, moved: bool) -> list[str]:
    return [
        *(f"--leave-out {word(path)}" for path in left_out),
        *(["--reproducible"] if reproducible else []),
        *(["--move"] if moved else []),
    ]
