"""The app, as Django sees it."""

from django.apps import AppConfig


class LayersConfig(AppConfig):
    """Images, layer by layer."""

    name = "layers"
    verbose_name = "Layers"
