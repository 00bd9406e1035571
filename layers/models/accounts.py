"""Accounts: people, what they may, the tokens of their programs, and what they did."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What somebody may: each changes what is theirs; a teacher sees what is the students' as well."""

    ADMIN = "admin", _("administrator")
    TEACHER = "teacher", _("teacher")
    STUDENT = "student", _("student")


class User(AbstractBaseUser):
    """Somebody with a name and a password. The name is also where a student's images go: ``name/…``."""

    name = models.CharField(max_length=40, unique=True)
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.STUDENT)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[BaseUserManager["User"]] = BaseUserManager()
    USERNAME_FIELD = "name"

    class Meta:
        ordering = ["name"]

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    @property
    def sees_all(self) -> bool:
        """Whether the images and containers of others are theirs to see."""
        return self.role in (Role.ADMIN, Role.TEACHER)


class ApiToken(models.Model):
    """What a program shows instead of a password; kept as a hash, shown once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=80)
    """What it is for, in its owner's words."""
    sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]


class LoginFailure(models.Model):
    """A login that failed, for as long as it counts against the next ones."""

    name = models.CharField(max_length=40)
    address = models.CharField(max_length=45)
    at = models.DateTimeField(auto_now_add=True, db_index=True)


class AuditEntry(models.Model):
    """Something that somebody did and that others may ask about later."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor = models.CharField(max_length=40, blank=True)
    """A name, which outlives the account; empty for whoever runs commands on the machine."""
    address = models.CharField(max_length=45, blank=True)
    action = models.CharField(max_length=40)
    """A verb and a noun: ``delete image``."""
    target = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=16, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
