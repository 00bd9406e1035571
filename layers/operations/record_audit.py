"""Keep what somebody did."""

from django.conf import settings

from layers.models import AuditEntry
from layers.models.acting import acting

LONGEST_TARGET = 300


def record_audit(*, action: str, target: str = "", actor: str | None = None) -> None:
    """Note ``action``, a verb and a noun, done by whoever acts, or by ``actor`` who is not known yet.

    Without accounts nothing is kept: there is one person, who knows.
    """
    if not settings.ACCOUNTS:
        return
    who = acting()
    AuditEntry.objects.create(
        actor=(who.user.name if who.user else "") if actor is None else actor[:40],
        address=who.address[:45],
        action=action,
        target=target.replace("\0", "")[:LONGEST_TARGET],
        request_id=who.request_id,
    )
