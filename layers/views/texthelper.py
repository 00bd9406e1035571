"""A process of its own that highlights and compares text: what takes too long there can be ended.

A lexer is a heap of regular expressions, and some text makes them run for ever;
so does comparing. Run as a module: one JSON request a line comes in, one answer
a line goes out. Of the program it imports only what is as small as itself.
"""

import json
import resource
import sys

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

from layers.views.linediff import Difference, difference

MEMORY = 1024**3

Token = tuple[str, str]


def lexer_for(name: str, language: str) -> Lexer | None:
    """The lexer of a language, or else of a file name; ``None`` for plain text."""
    try:
        if language:
            return get_lexer_by_name(language, stripnl=False, ensurenl=False)
        return get_lexer_for_filename(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def highlight(text: str, name: str, language: str) -> list[list[Token]] | None:
    """Each line as (class, text) pairs, with neighbours of one class joined; ``None`` for plain text."""
    lexer = lexer_for(name, language)
    if lexer is None:
        return None
    lines: list[list[Token]] = [[]]
    for kind, value in lexer.get_tokens(text):
        css = STANDARD_TYPES.get(kind) or STANDARD_TYPES.get(kind.parent, "")
        for number, piece in enumerate(value.split("\n")):
            if number:
                lines.append([])
            if piece and lines[-1] and lines[-1][-1][0] == css:
                lines[-1][-1] = (css, lines[-1][-1][1] + piece)
            elif piece:
                lines[-1].append((css, piece))
    return lines


def compare(before: list[str], after: list[str], whole: bool, start: int, limit: int) -> Difference:
    """A page of two texts side by side: see ``linediff``."""
    return difference(before, after, whole=whole, start=start, limit=limit)


TASKS = {"highlight": highlight, "compare": compare}


def main() -> None:
    """Answer until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin.buffer:
        request = json.loads(line)
        try:
            answer = TASKS[request["task"]](*request["arguments"])
        except Exception:  # a lexer's own fault is no news to the person who reads the file
            answer = None
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
