"""The signals that ``STOPSIGNAL`` knows on Linux."""

import re

NAMES = re.compile(
    "ABRT|ALRM|BUS|CHLD|CLD|CONT|FPE|HUP|ILL|INT|IO|IOT|KILL|PIPE|POLL|PROF|PWR|QUIT|SEGV|STKFLT|STOP|SYS"
    "|TERM|TRAP|TSTP|TTIN|TTOU|URG|USR1|USR2|VTALRM|WINCH|XCPU|XFSZ"
    r"|RTMIN(?:\+(?:[1-9]|1[0-5]))?|RTMAX(?:-(?:[1-9]|1[0-4]))?"
)
NUMBER = re.compile(r"[+-]?\d{1,9}", re.ASCII)


def is_signal(text: str) -> bool:
    """Whether ``text`` is a number but 0, or a name with or without ``SIG``.

    >>> is_signal("SIGQUIT"), is_signal("term"), is_signal("9"), is_signal("BOGUS"), is_signal("0")
    (True, True, True, False, False)
    """
    if NUMBER.fullmatch(text):
        return int(text) != 0
    return NAMES.fullmatch(text.upper().removeprefix("SIG")) is not None
