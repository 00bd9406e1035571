"""Containers in which the recorded edits are carried out, in the library."""

import json

from layers.models import Container
from layers.operations.create_container import create_container
from layers.operations.editing import editing
from layers.operations.stage_contents import staged_contents
from layers.queries.container_files import open_container_file
from tests.layered import import_layers
from tests.oci.edits import GOLDEN, Editor, layers_of, raw

CASE = GOLDEN / "15-edit-ops"
STEPS = json.loads((CASE / "golden.json").read_text())["steps"]
CREATED = "2026-01-02T03:04:05Z"


class KeptEditor(Editor):
    """Carries operations out in a container of the library, contents and all."""

    def __init__(self, upper, container, contents):
        super().__init__(upper)
        self.container, self.contents = container, contents

    def write(self, path, data, mtime=None):
        content = self.contents.add([data])
        self.contents.save()
        self.upper.write(raw(path), content.sha256, content.size, content.digest)
        if mtime is not None:
            self.upper.touch(self.upper.real(raw(path), follow=True), mtime)

    def apply(self, operation):
        if operation["op"] == "append":
            before = open_container_file(self.container, raw(operation["path"]))
            self.content_below = {raw(operation["path"]): before.read(0, before.size)}
        super().apply(operation)


def recorded_container(step) -> Container:
    """A container on the image that a step was recorded on, with its operations carried out."""
    tars = layers_of(CASE / "image.tar")[: step["made_layer"]]
    runtime = {"Cmd": ["/bin/sh"], "Env": ["PATH=/bin"], "Volumes": {"/data": {}}}
    base = import_layers(*tars, config=runtime, created=CREATED, history=[{"created_by": "a"}] * len(tars))
    container = create_container(image=base, name="web")
    for operation in step["ops"]:
        with staged_contents() as contents, editing(container, operation["op"]) as upper:
            KeptEditor(upper, container, contents).apply(operation)
    return container
