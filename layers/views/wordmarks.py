"""What differs within two lines that belong together, as pieces to mark."""

import re
from difflib import SequenceMatcher

WORDS_LENGTH = 500
"""A longer line is not compared word by word: what differs in it is one stretch."""
SHOWN_LENGTH = 2000
EDGE = 80
"""What is kept of the equal beginning and end of a long line."""
WORD = re.compile(r"\w+|\s+|.", re.DOTALL)
ENDS = {"\n": "␊", "\r\n": "␍␊", "\r": "␍"}

Segments = list[tuple[str, str]]
"""A line in pieces: ``""`` as on the other side, ``mark`` not so, ``end`` its line end, ``none`` has none."""


def alone(line: str | None) -> Segments | None:
    """A line that is like no other."""
    if line is None:
        return None
    text = line.rstrip("\r\n")
    return [("", shortened(text)), *([("none", "")] if line == text else [])]


def marked(old: str, new: str) -> tuple[Segments, Segments]:
    """Both lines with their differences marked, those of their ends too.

    >>> marked("one two\\n", "one 2\\r\\n")[1]
    [('', 'one '), ('mark', '2'), ('end', '␍␊')]
    """
    left, right = old.rstrip("\r\n"), new.rstrip("\r\n")
    is_long = max(len(left), len(right)) > WORDS_LENGTH
    left_segments, right_segments = (stretches if is_long else by_words)(left, right)
    left_end, right_end = old[len(left) :], new[len(right) :]
    if left_end != right_end:
        left_segments.append(end_of(left_end))
        right_segments.append(end_of(right_end))
    return left_segments, right_segments


def end_of(line_end: str) -> tuple[str, str]:
    return ("end", ENDS.get(line_end, line_end)) if line_end else ("none", "")


def by_words(left: str, right: str) -> tuple[Segments, Segments]:
    """Two lines of usual length, word by word."""
    old, new = WORD.findall(left), WORD.findall(right)
    sides: tuple[Segments, Segments] = ([], [])
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        css = "" if tag == "equal" else "mark"
        for segments, text in zip(sides, ("".join(old[i1:i2]), "".join(new[j1:j2])), strict=True):
            if text:
                segments.append((css, text))
    return sides


def stretches(left: str, right: str) -> tuple[Segments, Segments]:
    """Two long lines: from the first to the last character that differs, and a little around it."""
    size = min(len(left), len(right))
    head = next((n for n in range(size) if left[n] != right[n]), size)
    tail = next((n for n in range(size - head) if left[-1 - n] != right[-1 - n]), size - head)
    return around(left, head, tail), around(right, head, tail)


def around(line: str, head: int, tail: int) -> Segments:
    """A long line whose first ``head`` and last ``tail`` characters are the same on the other side."""
    end = len(line) - tail
    before = line[:head] if head <= EDGE else "…" + line[head - EDGE : head]
    after = line[end:] if tail <= EDGE else line[end : end + EDGE] + "…"
    pieces = [("", before), ("mark", shortened(line[head:end])), ("", after)]
    return [piece for piece in pieces if piece[1]]


def shortened(line: str) -> str:
    return line if len(line) <= SHOWN_LENGTH else line[:SHOWN_LENGTH] + "…"
