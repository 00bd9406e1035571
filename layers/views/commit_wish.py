"""What somebody has filled in to commit a container, as the form sends it: a value, there and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self
from urllib.parse import quote_from_bytes, unquote_to_bytes

from django.http import HttpRequest, QueryDict

from layers.models import Container
from layers.oci.changeform import HEALTH_FLAGS, ORDER, PAIRS, ChangeForm
from layers.views.state import number

LONGEST_REVISION: Final = 2**31 - 1
TYPED_BESIDE: Final = ("name", "author", "message", "reproducible", "move")
TYPED: Final = (*TYPED_BESIDE, "as_lines", "text")
"""Fields that are kept as they are."""


@dataclass(frozen=True, slots=True)
class CommitWish:
    """One filled-in form."""

    name: str = ""
    author: str = ""
    message: str = ""
    as_lines: bool = False
    """Whether the config changes are written as Dockerfile lines, not in fields."""
    text: str = ""
    """Those lines."""
    form: ChangeForm = field(default_factory=ChangeForm)
    """Those fields."""
    leave_out: tuple[bytes, ...] = ()
    reproducible: bool = False
    move: bool = False
    is_short: bool = False
    """Whether it comes of the form that has no fields for the rest."""
    revision: int | None = None
    """Of the container that the sender has seen; -1, which none is at, for what is no number."""
    offset: int = 0
    """Where the shown entries of the layer begin."""

    @classmethod
    def sent(cls, request: HttpRequest) -> Self:
        """What a request carries; what makes no sense is as if it were not there."""
        post = request.POST
        return cls(
            name=post.get("name", "").strip(),
            author=post.get("author", "").strip(),
            message=one_ending(post.get("message", "")).strip("\n"),
            as_lines=post.get("as") == "lines",
            text=one_ending(post.get("lines", "")),
            form=sent_form(post),
            leave_out=tuple(dict.fromkeys(filter(None, map(path_from, post.getlist("leave_out"))))),
            reproducible="reproducible" in post,
            move=post.get("stand") == "new",
            is_short=post.get("as") == "kept",
            revision=number(post.get("revision"), 0, LONGEST_REVISION, -1) if post.get("revision") else None,
            offset=number(post.get("offset"), 0, 2**40, 0),
        )

    @classmethod
    def drafted(cls, container: Container, form: ChangeForm | None) -> Self:
        """What the container remembers; without a ``form`` its changes are shown as lines."""
        return cls(
            author=container.author,
            message=container.message,
            as_lines=form is None,
            text="\n".join(container.config_changes),
            form=form or ChangeForm(),
        )

    def typed(self, changes: Sequence[str]) -> dict[str, Any]:
        """All of it as JSON has it, and the changes that the container keeps beside it."""
        form = self.form
        return {
            "changes": list(changes),
            **{name: getattr(self, name) for name in TYPED},
            "leave_out": list(map(quote_from_bytes, self.leave_out)),
            "form": [dict(form.texts), dict(form.pairs), dict(form.health), form.no_check],
        }

    def retyped(self, typed: Mapping[str, Any], changes: Sequence[str]) -> Self:
        """As it was typed; without the changes to the config where others are kept by now."""
        if not typed:
            return self
        names = TYPED if typed["changes"] == list(changes) else TYPED_BESIDE
        wish = replace(
            self,
            **{name: typed[name] for name in names},
            leave_out=tuple(map(unquote_to_bytes, typed["leave_out"])),
        )
        if names is TYPED_BESIDE:
            return wish
        texts, named, health, no_check = typed["form"]
        pairs = {name: tuple((key, value) for key, value in found) for name, found in named.items()}
        return replace(wish, form=ChangeForm(texts, pairs, health, no_check))

    def leaving_out(self, paths: tuple[bytes, ...]) -> Self:
        """The same, with these paths left out as well."""
        return replace(self, leave_out=tuple(dict.fromkeys([*self.leave_out, *paths])))

    def switched(self, kept: Self) -> Self:
        """The same with the changes as they are ``kept``, in the other view of them."""
        return replace(self, as_lines=not self.as_lines, text=kept.text, form=kept.form)

    def changing(self, kept: Self) -> Self:
        """The same with the changes that are ``kept``: for a form that has no fields for them."""
        return replace(self, as_lines=kept.as_lines, text=kept.text, form=kept.form)

    @property
    def lines(self) -> list[str]:
        """The text as lines; none where there is nothing in them."""
        return self.text.rstrip().split("\n") if self.text.strip() else []

    @property
    def left_out_query(self) -> str:
        """The paths to leave out, for an address."""
        return "&".join(f"leave_out={quote_from_bytes(path)}" for path in self.leave_out)


def sent_form(post: QueryDict) -> ChangeForm:
    """The fields of config changes: ``CMD``, ``ENV_name`` and ``ENV_value``, ``health_interval``."""
    return ChangeForm(
        {name: one_ending(post.get(name, "")) for name in ORDER if name not in PAIRS},
        {name: named_values(post.getlist(f"{name}_name"), post.getlist(f"{name}_value")) for name in PAIRS},
        {flag: post.get(f"health_{flag}", "").strip() for flag in HEALTH_FLAGS},
        "no_check" in post,
    )


def named_values(names: Sequence[str], values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    pairs = zip(names, values, strict=False)
    return tuple((name.strip(), value) for name, value in pairs if name.strip() or value)


def one_ending(text: str) -> str:
    """The text with the line ends that are kept; browsers send others."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def path_from(text: str) -> bytes:
    """A path out of its percent-encoded form."""
    return unquote_to_bytes(text).strip(b"/")
