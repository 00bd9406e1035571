"""The app, as Django sees it."""

from django.apps import AppConfig

from layers import checks


class LayersConfig(AppConfig):
    """Images, layer by layer."""

    name = "layers"
    verbose_name = "Layers"

    def ready(self) -> None:
        checks.register_checks()
