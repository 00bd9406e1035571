"""Tokens: what a program of somebody shows instead of a password."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from django.utils import timezone

from layers.models import ApiToken, User

PREFIX: Final = "ib_"
"""By which a token that lies around is recognised."""
SECRET_BYTES: Final = 32
USED_STEP: Final = timedelta(minutes=1)
"""How exactly the last use is kept: not a write for every request."""


def issue_token(*, user: User, label: str, days: int) -> tuple[ApiToken, str]:
    """A new token and its text, which is kept nowhere and cannot be shown again."""
    text = PREFIX + secrets.token_urlsafe(SECRET_BYTES)
    expires_at = timezone.now() + timedelta(days=days)
    token = ApiToken.objects.create(user=user, label=label[:80], sha256=hashed(text), expires_at=expires_at)
    return token, text


def user_of_token(text: str) -> User | None:
    """Whose token that is; None for none, an expired one, or one of an account that is closed."""
    now = timezone.now()
    token = ApiToken.objects.select_related("user").filter(sha256=hashed(text), expires_at__gt=now).first()
    if token is None or not token.user.is_active:
        return None
    if token.used_at is None or now - token.used_at > USED_STEP:
        ApiToken.objects.filter(pk=token.pk).update(used_at=now)
    return token.user


def hashed(text: str) -> str:
    """A token is random enough to need no salt."""
    return hashlib.sha256(text.encode()).hexdigest()
