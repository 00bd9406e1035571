"""How much of the disk a student has taken, and may take."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Sum
from django.utils import timezone

from layers.models import Container, Image, Job, Role, UpperRow, User
from layers.models.acting import acting_user
from layers.oci.errors import LimitExceeded


@dataclass(frozen=True, slots=True)
class Quota:
    """What is taken and allowed; an allowance of 0 has no bound."""

    size: int
    """Bytes: images that only students hold, files written in containers, uploads on their way."""
    most_size: int
    images: int
    most_images: int


def quota_of(user: User) -> Quota:
    """Only students have bounds."""
    is_bound = user.role == Role.STUDENT
    own = Image.objects.filter(holders=user, is_shared=False)
    uploads = Job.objects.filter(owner=user, state__in=(Job.State.RECEIVING, Job.State.QUEUED))
    written = UpperRow.objects.filter(
        container__in=Container.objects.filter(owner=user), content__isnull=False
    )
    size = (
        total(own.aggregate(size=Sum("size")))
        + total(written.aggregate(size=Sum("size")))
        + total(uploads.aggregate(size=Sum(F("total_size"))))
    )
    return Quota(
        size,
        settings.QUOTA_SIZE if is_bound else 0,
        own.count(),
        settings.QUOTA_IMAGES if is_bound else 0,
    )


def check_quota(user: User | None = None, *, adding: int = 0) -> None:
    """Raises ``LimitExceeded`` where ``user``, or whoever acts, has more than allowed.

    ``adding`` is how many bytes are about to come. Inside a transaction others of
    the same person wait until it has ended: two at once would each see room enough.
    """
    user = user or acting_user()
    if user is None or user.role != Role.STUDENT:
        return
    if connection.in_atomic_block:
        User.objects.select_for_update().get(pk=user.pk)
    quota = quota_of(user)
    if quota.most_size and quota.size + adding > quota.most_size:
        raise LimitExceeded("quota_size", quota.most_size, quota.size + adding)
    if quota.most_images and quota.images > quota.most_images:
        raise LimitExceeded("quota_images", quota.most_images, quota.images)


def check_begun(user: User | None = None) -> None:
    """Raises ``LimitExceeded`` where somebody has begun as many uploads within the hour as may be.

    Whoever has no account is on this machine, and administrators see to themselves.
    """
    user = user or acting_user()
    if user is None or user.is_admin or not settings.UPLOADS_AN_HOUR:
        return
    begun = Job.objects.filter(owner=user, created_at__gt=timezone.now() - timedelta(hours=1)).count()
    if begun >= settings.UPLOADS_AN_HOUR:
        raise LimitExceeded("uploads_an_hour", settings.UPLOADS_AN_HOUR, begun + 1)


def check_waiting(user: User | None = None) -> None:
    """Raises ``LimitExceeded`` where as many imports of a student wait, or are still sent, as may."""
    user = user or acting_user()
    if user is None or user.role != Role.STUDENT or not settings.QUOTA_WAITING:
        return
    waiting = Job.objects.filter(owner=user, state__in=(Job.State.RECEIVING, Job.State.QUEUED)).count()
    if waiting >= settings.QUOTA_WAITING:
        raise LimitExceeded("quota_waiting", settings.QUOTA_WAITING, waiting)


def may_run(job: Job) -> bool:
    """Whether an import that waits may run now, with what runs of the same student already."""
    if job.owner is None or job.owner.role != Role.STUDENT or not settings.QUOTA_RUNNING:
        return True
    running = Job.objects.filter(owner=job.owner, state=Job.State.RUNNING).count()
    return running < settings.QUOTA_RUNNING


def total(row: dict[str, int | None]) -> int:
    return row["size"] or 0
