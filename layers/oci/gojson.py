"""JSON to the byte as Go's ``encoding/json`` writes it, so that digests come out as docker's."""

import json


def go_json(value: object) -> bytes:
    """``value`` without blanks, and what HTML or JavaScript could misread as escapes.

    >>> go_json({"author": "Ann <ann@example.org>"})
    b'{"author":"Ann \\\\u003cann@example.org\\\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # These stand only inside strings, so they can be escaped anywhere.
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()
