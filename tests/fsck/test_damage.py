"""Each way in which a library can be damaged is found and named, and mended where that can be."""

import pytest
from django.apps import apps

from layers.models import Container, NumberRange
from layers.operations.repair_library import repair_library
from tests.fsck.damages import DAMAGES, Damage
from tests.fsck.library import faults, lived_in, problems

pytestmark = pytest.mark.django_db


@pytest.fixture
def container() -> Container:
    return lived_in()


def rows() -> dict[str, list]:
    """Every row of the library, but for keys that mean nothing."""
    models = [model for model in apps.get_app_config("layers").get_models() if model is not NumberRange]
    found = {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}
    for row in found["HistoryRow"] + found["ImageLayer"]:
        del row["id"]
    for row in found["Blob"]:
        del row["boot"]
    for name in ("HistoryRow", "ImageLayer"):
        found[name].sort(key=str)
    return found


def test_a_library_that_is_lived_in_is_sound(container):
    assert problems(deep=True) == []


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_damage_is_found_and_mended(container, damage: Damage):
    before = rows()
    damage.make()

    assert damage.fault in faults(deep=damage.deep)
    repaired = repair_library(deep=damage.deep)

    assert damage.fault in {problem.fault for problem in repaired.found}
    assert {problem.fault for problem in repaired.left} == damage.left
    assert faults(deep=True) == damage.left
    if not damage.left:
        assert rows() == before
