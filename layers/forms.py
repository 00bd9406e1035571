"""What people send."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from layers.models import Role


class ArchivesInput(forms.ClearableFileInput):
    """A field for several files."""

    allow_multiple_selected = True


class ArchivesField(forms.FileField):
    """One or more files, as a list."""

    widget = ArchivesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files: Sequence[Any] = data if isinstance(data, list | tuple) and data else [data]
        return [super(ArchivesField, self).clean(file, initial) for file in files]


class ArchiveForm(forms.Form):
    """Archives to import."""

    archives = ArchivesField(label=_("Image archives"), allow_empty_file=True)


class LoginForm(forms.Form):
    """Name and password."""

    name = forms.CharField(label=_("Name"), max_length=40)
    password = forms.CharField(label=_("Password"), max_length=4096, strip=False, widget=forms.PasswordInput)


class TokenForm(forms.Form):
    """A token for a program."""

    label = forms.CharField(label=_("What it is for"), max_length=80)


class AccountForm(forms.Form):
    """A new account."""

    name = forms.CharField(label=_("Name"), max_length=40)
    password = forms.CharField(label=_("Password"), max_length=4096, strip=False, widget=forms.PasswordInput)
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices, initial=Role.STUDENT)
