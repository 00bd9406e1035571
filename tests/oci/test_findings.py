"""Secrets, certificates and accounts in what a stranger's files hold."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.oci.findings.accounts import Accounts, User, changes_between, is_notable, read_accounts
from layers.oci.findings.certificates import read_certificates
from layers.oci.findings.places import holds_text, is_sample, is_settings
from layers.oci.findings.rules import SECRET_RULES
from layers.oci.findings.secrets import find_secrets, may_hold_secrets
from layers.oci.findings.values import is_guessable_secret, is_placeholder
from tests.secrets import SETTINGS, TOKENS, letters, private_key

CERTIFICATES = Path(__file__).parent / "certificates"
MINBASE = Path(__file__).parent / "packages" / "data" / "debootstrap-dpkg-query.txt"
KEY_LABELS = [
    "PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "PGP PRIVATE KEY BLOCK",
]


def names(text: str | bytes, **options: bool) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [match.rule.name for match in find_secrets(data, **options)]


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_is_found_among_other_text(name):
    text = f"first line\nkey: x\n\n  {TOKENS[name]}\nlast line\n".encode()
    (match,) = find_secrets(text)

    assert match.rule.name == name
    assert text[match.offset : match.offset + match.size].decode() in TOKENS[name]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_password_is_found_in_settings_alone(name):
    assert name in names(SETTINGS[name], is_settings=True)
    assert name not in names(SETTINGS[name])


def test_every_rule_has_its_example():
    told = {*TOKENS, *SETTINGS, "private-key", "encrypted-key", "putty-key"}
    alike = {"aws-session-key-id", "stripe-restricted"}
    families = {f"github-{letter}" for letter in "ousr"} | {f"slack-{letter}" for letter in "aprs"}

    assert {rule.name for rule in SECRET_RULES} == told | alike | families


@pytest.mark.parametrize(
    "text",
    [
        "PGPASSWORD=hunter pg_dump shop",
        "export MYSQL_PWD='two words'",
        "ENV MYSQL_ROOT_PASSWORD=summer",
        "      POSTGRES_PASSWORD: shopping",
        "REDISCLI_AUTH=letmein redis-cli ping",
        'environment={"MARIADB_PASSWORD": "autumn"}',
    ],
)
def test_a_variable_of_a_database_client_is_a_password_wherever_it_stands(text):
    assert names(text) == ["variable"]


@pytest.mark.parametrize(
    "text",
    [
        "PGPASSWORD=$PASS psql",
        "PGPASSWORD= psql",
        'PGPASSWORD="${DB_PASSWORD}"',
        "MYSQL_PWD=<password>",
        "POSTGRES_PASSWORD=changeme",
        "POSTGRES_PASSWORD_FILE=/run/secrets/pw",
        "unset PGPASSWORD",
        "if (getenv(PGPASSWORD) == NULL)",
    ],
)
def test_a_variable_that_is_told_elsewhere_is_none(text):
    assert names(text, is_settings=True) == []


@pytest.mark.parametrize(
    "text",
    [
        "HTTP_PROXY=http://user:hunter22@proxy:3128",
        "redis://:hunter22@cache:6379/0",
        "amqps://shop:hunt%40er22@mq.example.org/shop",
        "deb https://me:hunter22@apt.example.org stable main",
    ],
)
def test_a_password_in_an_address(text):
    assert names(text, is_settings=True) == ["url-password"]


def test_a_password_in_the_exec_form_of_a_command():
    assert names('CMD ["mysqld", "--password", "hunter22"]', is_settings=True) == ["option"]


@pytest.mark.parametrize("label", KEY_LABELS)
def test_private_keys(label):
    assert names(private_key(label)) == ["private-key"]


def test_a_key_in_json_and_one_with_headers():
    json = b'{"private_key": "' + private_key("PRIVATE KEY").replace(b"\n", b"\\n") + b'"}'
    headers = b"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n"
    old = private_key().replace(b"KEY-----\n", b"KEY-----\n" + headers, 1)

    assert names(json) == ["private-key"]
    assert names(old) == ["private-key"]
    assert names(private_key("ENCRYPTED PRIVATE KEY")) == ["encrypted-key"]
    assert names(b"PuTTY-User-Key-File-3: ssh-ed25519\n") == ["putty-key"]


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN PUBLIC KEY-----\n" + letters(400),
        "-----BEGIN CERTIFICATE-----\n" + letters(400),
        "AKIAIOSFODNN7EXAMPLE",
        "AKIA" + "A" * 16,
        "xAKIA" + letters(16, "ABCDEFGH234567"),
        "ghp_" + "x" * 36,
        "ghp_short",
        "sk_test_" + letters(24),
        "eyJhbGciOiJIUzI1NiJ9",
        "_authToken=${NPM_TOKEN}",
        '"auth": "x"',
    ],
)
def test_what_only_looks_like_a_secret(text):
    assert names(text) == []


@pytest.mark.parametrize(
    "line",
    [
        "PASSWORD=",
        "PASSWORD=changeme",
        "password: ${DB_PASSWORD}",
        "password = <your password>",
        "secret: {{ vault_secret }}",
        "token = os.environ['TOKEN']",
        "password: /run/secrets/db",
        "PASSWORD_FILE=/run/secrets/db",
        "tokenizer = WordPiece2000",
        "input_password = pass:insta1",
        "password_encryption = scram-sha-256",
        "key = 12345678",
        "monkey = Banana-2000",
        "url = postgres://user:password@db/x",
        "url = postgres://user:$PASS@db/x",
        "api_key = xxxxxxxxxxxx",
        "curl -u admin:$PASSWORD https://example.org",
        "curl -fsSL https://example.org/setup.sh | sudo -u app:app sh",
        "mysql -u shop -p warehouse",
        "docker login -u me --password-stdin",
    ],
)
def test_settings_without_a_secret(line):
    assert names(line, is_settings=True) == []


def test_a_secret_is_told_once_by_the_rule_that_knows_most():
    assert names(f"API_TOKEN={TOKENS['github-p']}", is_settings=True) == ["github-p"]


def test_placeholders_and_guessable_values():
    assert is_placeholder(b"your-token-here")
    assert not is_placeholder(b"k3yT0Th3D00r")
    assert is_guessable_secret(b"k3yT0Th3D00r")
    assert not is_guessable_secret(b"lowercaseonly")
    assert not is_guessable_secret(b"x1")


def test_before_a_commit_the_mere_head_of_a_key_counts():
    assert may_hold_secrets(b"-----BEGIN OPENSSH PRIVATE KEY-----\n")
    assert may_hold_secrets(b"AKIAIOSFODNN7EXAMPLE")
    assert not may_hold_secrets(b"-----BEGIN CERTIFICATE-----")


def test_the_base_packages_of_debian_raise_no_alarm():
    """Every file that the packages of a debootstrap tree bring, as this machine has them."""
    info = Path("/var/lib/dpkg/info")
    if not info.is_dir():
        pytest.skip("this machine has no dpkg")
    lists = [
        path
        for line in MINBASE.read_text().splitlines()
        for path in info.glob(f"{line.split()[0].partition(':')[0]}*.list")
        if path.stem.partition(":")[0] == line.split()[0].partition(":")[0]
    ]
    alarms, count = [], 0
    for path in sorted({Path(name) for file in lists for name in file.read_text().splitlines()}):
        if path.is_symlink() or not path.is_file() or not holds_text(bytes(path)):
            continue
        data = path.read_bytes()[: 2**20]
        count += b"\0" not in data
        if b"\0" not in data:
            alarms += [(path, name) for name in names(data, is_settings=is_settings(bytes(path)[1:]))]

    assert count > 500
    assert alarms == []


@pytest.mark.parametrize(
    ("path", "holds_settings", "sample"),
    [
        (b"srv/app/.env", True, False),
        (b"srv/app/.env.production", True, False),
        (b"etc/app/config.yml", True, False),
        (b"root/.docker/config.json", True, False),
        (b"usr/local/etc/app.ini", True, False),
        (b"root/.bash_history", True, False),
        (b"root/.local/share/fish/fish_history", True, False),
        (b"app/node_modules/a/config.json", False, False),
        (b"usr/share/doc/a/config.yml", False, True),
        (b"srv/app/main.py", False, False),
        (b"srv/app/tests/config.json", True, True),
        (b"srv/app/.env.example", True, True),
        (b"usr/lib/go/src/tls_test.go", False, True),
    ],
)
def test_what_a_path_says(path, holds_settings, sample):
    assert (is_settings(path), is_sample(path)) == (holds_settings, sample)


def moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%b %d %H:%M:%S %Y}"


def test_certificates():
    """What ``openssl x509 -subject -enddate`` says of them."""
    first, second = (CERTIFICATES / "common-name.pem", CERTIFICATES / "organization.pem")
    bundle = (
        b"# a comment\n" + first.read_bytes() + second.read_bytes() + b"-----BEGIN CERTIFICATE-----\nAAAA"
    )
    found = list(read_certificates(bundle))

    assert [(certificate.subject, moment(certificate.expires)) for certificate in found] == [
        ("shop.example.org", "Nov 22 14:15:31 2036"),
        ("Only An Organization", "Nov 01 14:15:31 2126"),
    ]


def test_a_certificate_in_der():
    openssl = subprocess.run(
        ["openssl", "x509", "-in", str(CERTIFICATES / "common-name.pem"), "-outform", "DER"],
        capture_output=True,
    )

    assert [found.subject for found in read_certificates(openssl.stdout)] == ["shop.example.org"]


PASSWD = b"root:x:0:0:root:/root:/bin/bash\nwww:x:33:33:www:/var/www:/usr/sbin/nologin\n# a comment\nbroken\n"
GROUP = b"root:x:0:\nsudo:x:27:ann,ben\n"
SHADOW = b"root:*:1::::::\nwww:!:1::::::\n"


def test_accounts_and_what_became_of_them():
    before = read_accounts(PASSWD, GROUP, SHADOW)
    after = read_accounts(
        PASSWD.replace(b"nologin", b"sh") + b"toor:x:0:0::/:/bin/sh\n",
        GROUP.replace(b"sudo:x:27:ann,ben\n", b""),
        SHADOW + b"toor:$6$salt$hash:1::::::\n",
    )
    told = [(change.kind, (change.after or change.before).name) for change in changes_between(before, after)]

    assert told == [("A", "toor"), ("C", "www"), ("D", "sudo")]
    assert after.users["toor"] == User("toor", "0", "0", "/", "/bin/sh", "hash")
    assert "hash" not in str(before.users["root"].password)


@pytest.mark.parametrize(
    ("user", "notable"),
    [
        (User("root", "0", "0", "/root", "/bin/bash", ""), False),
        (User("root", "0", "0", "/root", "/bin/bash", "hash"), True),
        (User("root", "0", "0", "/root", "/bin/bash", "empty"), True),
        (User("toor", "0", "0", "/", "/usr/sbin/nologin", ""), True),
        (User("ann", "1000", "1000", "/home/ann", "/bin/sh", ""), True),
        (User("www", "33", "33", "/", "/usr/sbin/nologin", ""), False),
        (User("sync", "4", "65534", "/bin", "/bin/sync", ""), False),
    ],
)
def test_which_accounts_of_a_base_are_worth_telling(user, notable):
    assert is_notable(user) == notable


@given(st.binary(max_size=400), st.integers(0, 900))
def test_no_damage_makes_a_reader_fail(noise, at):
    pem = (CERTIFICATES / "common-name.pem").read_bytes()
    for data in (noise, pem[:at] + noise + pem[at:], b"\x30" + noise):
        for certificate in read_certificates(data):
            assert isinstance(certificate.expires, int)
    accounts = read_accounts(noise, noise, noise)
    assert list(changes_between(Accounts({}, {}), accounts)) is not None
    for match in find_secrets(noise, is_settings=True):
        assert 0 <= match.offset < match.offset + match.size <= len(noise)


@pytest.mark.parametrize(
    "text",
    [
        *("a_" * 300_000, "://a:" * 150_000, "password=" * 100_000, "machine x " * 80_000, "eyJ." * 200_000),
        *("-----BEGIN PRIVATE KEY-----\n" * 30_000, "-----BEGIN CERTIFICATE-----" + "A" * 60_000),
    ],
    ids=range(7),
)
def test_long_runs_are_searched_in_their_length(text):
    """They end: patterns are bounded, so no text makes them try again and again."""
    data = text.encode()[: 2**20]

    assert len(list(find_secrets(data, is_settings=True))) <= 200
    assert list(read_certificates(data)) == []
