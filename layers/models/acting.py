"""Who acts: the person whose request is being answered, whose import runs, or nobody in particular.

Nobody in particular is whoever runs commands on the machine, or a laptop
without accounts: everything is theirs. What is asked of the library with
``visible()`` depends on who asks, wherever in the code that is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from layers.models.accounts import Role, User


@dataclass(frozen=True, slots=True)
class Acting:
    """A person, from where, and whether the request may change anything."""

    user: User | None = None
    address: str = ""
    may_write: bool = True
    request_id: str = ""


NOBODY: Final = Acting()
_acting: ContextVar[Acting] = ContextVar("acting", default=NOBODY)


def acting() -> Acting:
    """Who acts now."""
    return _acting.get()


def acting_user() -> User | None:
    """The person who acts; None for nobody in particular, who may everything."""
    return _acting.get().user


def sees_all() -> bool:
    """Whether whoever acts sees what belongs to others."""
    user = acting_user()
    return user is None or user.sees_all


def is_student() -> bool:
    user = acting_user()
    return user is not None and user.role == Role.STUDENT


@contextmanager
def acts(who: Acting) -> Iterator[None]:
    """For a while, ``who`` acts."""
    token = _acting.set(who)
    try:
        yield
    finally:
        _acting.reset(token)
