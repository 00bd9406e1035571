"""Secrets to be found: made up by number, so that no scanner of this repository takes them for real."""

import random
import string
from base64 import b64encode

ALPHANUMERIC = string.ascii_letters + string.digits


def letters(count: int, alphabet: str = ALPHANUMERIC, seed: int = 5) -> str:
    """So many characters, the same each time."""
    return "".join(random.Random(seed).choices(alphabet, k=count))


def private_key(label: str = "RSA PRIVATE KEY") -> bytes:
    """What has the shape of a PEM key."""
    body = b64encode(random.Random(label).randbytes(900)).decode()
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


TOKENS: dict[str, str] = {
    "aws-key-id": "AKIA" + letters(16, string.ascii_uppercase + "234567"),
    "aws-secret-key": "aws_secret_access_key = " + letters(40),
    "github-p": "ghp_" + letters(36),
    "github-pat": "github_pat_" + letters(82),
    "gitlab": "glpat-" + letters(20),
    "slack-b": "xoxb-" + letters(40),
    "slack-webhook": "https://hooks.slack.com/services/T"
    + letters(10)
    + "/B"
    + letters(10)
    + "/"
    + letters(24),
    "stripe": "sk_live_" + letters(24),
    "google-api": "AIza" + letters(35),
    "npm": "npm_" + letters(36),
    "docker-pat": "dckr_pat_" + letters(27),
    "vault": "hvs." + letters(90),
    "pypi": "pypi-AgEIcHlwaS5vcmc" + letters(80),
    "digitalocean": "dop_v1_" + letters(64, "0123456789abcdef"),
    "huggingface": "hf_" + letters(34, string.ascii_letters),
    "anthropic": "sk-ant-" + letters(60),
    "openai": "sk-" + letters(24) + "T3BlbkFJ" + letters(24),
    "sendgrid": "SG." + letters(22) + "." + letters(43),
    "azure-storage": "AccountKey=" + letters(86) + "==",
    "json-web-token": "eyJ" + letters(30) + ".eyJ" + letters(60) + "." + letters(43),
    "npm-auth": "//registry.npmjs.org/:_authToken=" + letters(36),
    "docker-auth": '{"auths": {"r.example.org": {"auth": "' + letters(40) + '"}}}',
    "variable": "PGPASSWORD=k3yT0Th3D00r psql -h db",
    "netrc": "machine example.org login me password " + letters(12),
}
"""A text for each rule that searches every file, by its name."""
SETTINGS: dict[str, str] = {
    "url-password": "DATABASE_URL=postgres://shop:k3yT0Th3D00r@db.example.org/shop",
    "option": "mysqldump --password=k3yT0Th3D00r shop",
    "curl-user": "curl -sSfu admin:k3yT0Th3D00r https://example.org/backup",
    "login-option": "docker login -u me -p k3yT0Th3D00r r.example.org",
    "authorization": 'curl -H "Authorization: Bearer ' + letters(30) + '" https://example.org',
    "setting": "DB_PASSWORD=k3yT0Th3D00r!",
}
"""The same for rules that search settings alone."""
