"""Every URL: the pages of ``layers``, and whether the server lives."""

from django.urls import include, path

from imagebrowser.health import healthz

handler500 = "imagebrowser.errors.server_error"
urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("", include("layers.urls")),
]
