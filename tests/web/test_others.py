"""What others have: neither shown nor told, whatever a student sends to find out."""

import io
import json
import tarfile

import pytest

from layers.models import Image, Reference, Role, User
from layers.models.acting import Acting, acts
from layers.oci.digest import Digest
from layers.oci.errors import InvalidReference
from layers.oci.reference import Reference as Name
from layers.operations.create_container import create_container
from layers.operations.create_user import AccountRefused, create_user
from layers.operations.import_archive import import_archive
from layers.operations.own_names import own_name
from layers.operations.save_images import save_images
from layers.operations.share_image import share_image
from layers.operations.tag_image import tag_image
from layers.operations.write_file import write_file
from layers.queries.documents import documents_of
from layers.queries.freed import Holdings
from layers.queries.images import find_image, list_images, names_of_images, platforms
from layers.queries.layer_users import layer_use
from layers.queries.search import find
from tests.oci.archives import LAYER, Layout, config, docker, packed
from tests.web.test_every_url import PASSWORD, ROLES, visitor

pytestmark = pytest.mark.django_db

SECRET = packed(("secret", b"what Anna wrote"))
PUBLIC = packed(("public", b"what all have"))


@pytest.fixture
def people(settings) -> dict[str, User]:
    settings.ACCOUNTS = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return {name: create_user(name=name, password=PASSWORD, role=role) for name, role in ROLES.items()}


@pytest.fixture
def brings(people, tmp_path):
    """Imports an archive of these members as a person; gives its images."""

    def bring(name: str, files) -> tuple[Image, ...]:
        path = tmp_path / "a.tar"
        path.write_bytes(packed(*files.items()))
        with acts(Acting(people[name])):
            return import_archive(path).images

    return bring


def layout(files: Layout, *entries: dict, name: str = "") -> dict:
    """The members of a layout whose ``index.json`` lists the entries, the first by that name."""
    first, *rest = entries
    if name:
        first = {**first, "annotations": {"org.opencontainers.image.ref.name": name}}
    return {
        **files.files,
        "index.json": json.dumps({"schemaVersion": 2, "manifests": [first, *rest]}).encode(),
    }


ATTESTED = packed(("provenance", b"how Anna built it"))


@pytest.fixture
def annas(brings) -> tuple[Image, dict, dict]:
    """An image of Anna's with an attestation, and the descriptors of both."""
    files = Layout()
    image = files.image(config(SECRET), SECRET)
    attestation = files.image(
        config(ATTESTED, os="unknown"),
        ATTESTED,
        annotations={"vnd.docker.reference.type": "attestation-manifest"},
    )
    attestation["annotations"] = {"vnd.docker.reference.type": "attestation-manifest"}
    (found,) = brings("anna", layout(files, files.index(image, attestation), name="secret:1"))
    return found, image, attestation


def saved(image: Image, who: User, format: str) -> dict[str, bytes]:
    """Every member of what somebody saves of an image."""
    with acts(Acting(who)):
        names = tuple(Name.parse(str(row)) for row in Reference.objects.visible().filter(image=image))
        file = io.BytesIO(b"".join(save_images([(image, names)], format=format)))
    with tarfile.open(fileobj=file) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}


def test_an_index_that_names_what_others_brought_brings_nothing_of_it(people, annas, brings):
    """Ben knows the digests of Anna's manifests and lists them in an index of his own."""
    theirs, *descriptors = annas
    files = Layout()
    index = files.index(files.image(config(PUBLIC), PUBLIC), *descriptors)
    (own,) = brings("ben", layout(files, index, name="index:1"))

    members = saved(own, people["ben"], "oci")
    with acts(Acting(people["ben"])):
        shown = {row.image for row in platforms(own)}
        documents = {blob.digest for _, blob in documents_of(own)}

    assert not any(secret in b"".join(members.values()) for secret in (b"Anna", theirs.image_id[7:].encode()))
    assert shown == {own, None}
    assert not documents & {each["digest"] for each in descriptors}
    assert names_of_images()[theirs.pk] == [("anna/secret", "1")]
    assert [row.image for row in Reference.objects.filter(repository__contains="ben/")] == [own]


def test_an_index_that_two_bring_gives_each_what_they_brought(people, brings):
    """The same index: Anna has one platform of it, Ben the other."""
    files = Layout()
    first, second = files.image(config(SECRET), SECRET), files.image(config(PUBLIC), PUBLIC)
    index = files.index(first, second)
    whole = layout(files, index, name="both:1")
    blobs = {layer: f"blobs/sha256/{Digest.of(layer).hex}" for layer in (SECRET, PUBLIC)}
    (anna,) = brings("anna", {name: raw for name, raw in whole.items() if name != blobs[PUBLIC]})
    (ben,) = brings("ben", {name: raw for name, raw in whole.items() if name != blobs[SECRET]})

    for who, own, other in (("anna", anna, PUBLIC), ("ben", ben, SECRET)):
        members = saved(own, people[who], "oci")
        assert other not in members.values()
        assert len(members) > 3
        with acts(Acting(people[who])):
            assert [row.image for row in platforms(own) if row.image] == [own]
    assert {SECRET, PUBLIC} <= set(saved(anna, people["tina"], "oci").values())


def test_a_teacher_who_shares_an_image_shares_its_manifest(people, annas):
    image, manifest, _ = annas
    with acts(Acting(people["tina"])):
        share_image(image=image, is_shared=True)
    with acts(Acting(people["ben"])):
        assert find_image(image.image_id) == image
        assert manifest["digest"] in {blob.digest for _, blob in documents_of(image)}


# --- that somebody else has the same ------------------------------------------------------------


@pytest.fixture
def twins(brings) -> Image:
    """An image that Anna and Ben both brought, and one of Anna's on the same layers."""
    both = docker(RepoTags=["both:1"])
    brings("anna", both)
    raw = config(LAYER, author="anna")
    brings("anna", docker(RepoTags=["private:1"], Config="c.json") | {"c.json": raw})
    (image,) = brings("ben", both)
    return image


def test_who_else_has_an_image_is_not_told_by_their_name_for_it(people, twins):
    with acts(Acting(people["ben"])):
        assert names_of_images() == {twins.pk: [("ben/both", "1")]}
    with acts(Acting(people["tina"])):
        assert names_of_images()[twins.pk] == [("anna/both", "1"), ("ben/both", "1")]


def test_a_student_called_as_the_beginning_of_another_hides_nothing(people, brings):
    with acts(Acting(people["root"])):
        create_user(name="be", password=PASSWORD)
        create_user(name="b_n", password=PASSWORD)
    brings("ben", docker(RepoTags=["both:1"]))
    with acts(Acting(people["ben"])):
        assert list(names_of_images().values()) == [[("ben/both", "1")]]


def test_bytes_that_others_share_are_not_told(people, twins):
    with acts(Acting(people["ben"])):
        (row,) = list_images()
        holdings = Holdings().freed([twins.pk])
        use = layer_use(twins.image_layers.get().layer.diff_id, limit=10)

    assert row.shared_size == 0
    assert len(holdings.chain_ids) == 1
    assert (use.image_count, len(use.forms)) == (1, 1)
    with acts(Acting(people["tina"])):
        assert len(Holdings().freed([twins.pk]).chain_ids) == 0


def test_a_digest_that_only_others_have_is_not_found(people, annas, twins):
    image, manifest, attestation = annas
    layer = image.image_layers.get()
    digests = [image.image_id, manifest["digest"], attestation["digest"], layer.stored.blob.digest]
    digests += [layer.layer.diff_id, layer.chain.chain_id, Digest.of(b"what Anna wrote")]
    with acts(Acting(people["ben"])):
        for digest in digests:
            for kind in ("images", "layers", "content", "paths", "config", "history"):
                assert not find(kind, digest, limit=5).hits, (kind, digest)
        # His own is found by the same questions.
        assert find("layers", twins.image_layers.get().layer.diff_id, limit=5).hits


# --- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "anna/x:1",
        "docker.io/anna/x:1",
        "index.docker.io/anna/x:1",
        "DOCKER.IO/anna/x:1",
        "docker.io:443/anna/x:1",
        "library/anna/x:1",
        "localhost/anna/x:1",
    ],
)
def test_no_spelling_of_a_name_moves_one_of_annas(people, annas, brings, name):
    with acts(Acting(people["anna"])):
        before = tag_image(image=annas[0], reference=Name.parse("anna/x:1"))
    (bens,) = brings("ben", docker(RepoTags=[name]))

    before.refresh_from_db()
    assert before.image == annas[0]
    given = [row.repository for row in Reference.objects.filter(image=bens)]
    assert all(repository.startswith("docker.io/ben/") for repository in given), given


@pytest.mark.parametrize(
    "name",
    ["ben/../anna/x:1", "ben//anna/x:1", "ben/ANNA/x:1", "ben/ａnna/x:1", "ben%2fanna/x:1", "../anna/x:1"],
)
def test_a_climbing_or_twin_name_is_none(people, annas, brings, name):
    brings("ben", docker(RepoTags=["fine:1"]))
    browser = visitor({"people": people}, "ben")
    image = Image.objects.exclude(pk=annas[0].pk).get()
    with acts(Acting(people["ben"])):
        container = create_container(image=image)
        write_file(container=container, path=b"a", data=b"a")

    answer = browser.post(f"/containers/{container.short_id}/commit/", {"name": name, "stand": "new"})

    assert answer.status_code == 422
    assert not Reference.objects.filter(repository__contains="x").exists()


def test_what_a_teacher_imports_moves_no_name_of_a_student(people, annas, brings):
    with acts(Acting(people["anna"])):
        hers = tag_image(image=annas[0], reference=Name.parse("anna/work:1"))
    brings("tina", docker(RepoTags=["anna/work:1", "bitnami/redis:1"]))

    hers.refresh_from_db()
    assert hers.image == annas[0]
    assert set(Reference.objects.exclude(image=annas[0]).values_list("repository", flat=True)) == {
        "docker.io/tina/work",
        "docker.io/bitnami/redis",
    }


def test_an_account_takes_over_no_names_that_are_there(people, brings):
    brings("tina", docker(RepoTags=["bitnami/redis:1"]))

    with acts(Acting(people["root"])), pytest.raises(AccountRefused, match="bitnami/… already"):
        create_user(name="bitnami", password=PASSWORD, role=Role.STUDENT)
    with acts(Acting(people["root"])):
        assert create_user(name="bit", password=PASSWORD, role=Role.STUDENT)


def test_a_name_that_would_be_too_long_below_its_owner_is_refused_in_a_sentence(people):
    long = Name.parse("/".join(["a" * 60] * 4))
    with acts(Acting(people["anna"])), pytest.raises(InvalidReference, match="more than 255"):
        own_name(long)
