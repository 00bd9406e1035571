"""Every URL: the pages of ``layers``, and whether the server lives."""

from django.urls import include, path

from imagebrowser.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("", include("layers.urls")),
]
