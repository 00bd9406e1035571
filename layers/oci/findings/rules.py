"""Private keys, tokens and passwords: the rules that tell them from other text.

A rule names words that any match of it holds. Looking for those is quick, and
most files hold none of them: only then does the pattern run.
"""

import re
from typing import Final, NamedTuple

KEY, TOKEN, PASSWORD = "key", "token", "password"
BODY: Final = rb"[A-Za-z0-9+/=]{30}(?:[A-Za-z0-9+/=]|\s|\\[nr/]){20,16384}"
"""What is in a key: base64, its line ends also as JSON spells them, and enough of it to be one."""


class SecretRule(NamedTuple):
    """One thing that is looked for."""

    name: str
    """Stored with what it finds, so it never changes."""
    kind: str
    """``key``, ``token`` or ``password``."""
    what: str
    """For people."""
    words: tuple[bytes, ...]
    """A match holds one of these; in lower case where the pattern takes any."""
    pattern: re.Pattern[bytes]
    """Its first group is the secret; without one the whole match is."""
    least_entropy: float = 0.0
    in_settings: bool = False
    """Only files of settings are searched: in programs the words around it mean other things."""


def _rule(
    name: str,
    kind: str,
    what: str,
    words: tuple[bytes, ...],
    pattern: bytes,
    least_entropy: float = 0.0,
    *,
    flags: int = 0,
    in_settings: bool = False,
) -> SecretRule:
    return SecretRule(name, kind, what, words, re.compile(pattern, flags), least_entropy, in_settings)


def _token(name: str, what: str, word: bytes, rest: bytes, least_entropy: float = 2.5) -> SecretRule:
    """A token that begins with a word of its own."""
    pattern = rb"(?<![A-Za-z0-9_-])(%s%s)(?![A-Za-z0-9_-])" % (re.escape(word), rest)
    return _rule(name, TOKEN, what, (word,), pattern, least_entropy)


KEY_HEAD: Final = re.compile(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY(?: BLOCK)?-----")
SETTING: Final = (
    rb"(?:password|passwd|passphrase|secret|token|api_?key|access_?key|private_?key|auth_?key|credentials?)"
)
ARGUMENTS: Final = rb"(?:[^\n|;]|\\\n){0,300}?"
"""What may stand between a command and its option, on lines that go on too."""
SECRET_RULES: Final = (
    _rule(
        "private-key",
        KEY,
        "a private key",
        (b"PRIVATE KEY",),
        rb"(-----BEGIN (?:(?:RSA|EC|DSA|OPENSSH|PGP) )?PRIVATE KEY(?: BLOCK)?-----"
        # Old keys and those of PGP have headers.
        rb"(?:\s|\\[nr]|[A-Za-z-]{3,20}: [^\n]{0,200}\n)*" + BODY + rb")",
    ),
    _rule(
        "encrypted-key",
        KEY,
        "a private key, locked with a passphrase",
        (b"ENCRYPTED PRIVATE KEY",),
        rb"(-----BEGIN ENCRYPTED PRIVATE KEY-----(?:\s|\\[nr])*" + BODY + rb")",
    ),
    _rule(
        "putty-key", KEY, "a private key of PuTTY", (b"PuTTY-User-Key-File",), rb"PuTTY-User-Key-File-\d: \S+"
    ),
    _token("aws-key-id", "an AWS access key", b"AKIA", rb"[A-Z2-7]{16}", 3.0),
    _token("aws-session-key-id", "an AWS session key", b"ASIA", rb"[A-Z2-7]{16}", 3.0),
    _rule(
        "aws-secret-key",
        TOKEN,
        "an AWS secret key",
        (b"aws_secret_access_key",),
        rb"aws_secret_access_key[\"']?\s{0,3}[=:]\s{0,3}[\"']?([A-Za-z0-9/+=]{40})(?![A-Za-z0-9/+=])",
        3.5,
        flags=re.IGNORECASE,
    ),
    *(
        _token(f"github-{letter}", "a GitHub token", b"gh%s_" % letter.encode(), rb"[A-Za-z0-9]{36,251}")
        for letter in "pousr"
    ),
    _token("github-pat", "a GitHub token", b"github_pat_", rb"\w{40,90}"),
    _token("gitlab", "a GitLab token", b"glpat-", rb"[\w-]{20,60}"),
    *(
        _token(f"slack-{letter}", "a Slack token", b"xox%s-" % letter.encode(), rb"[A-Za-z0-9-]{20,200}")
        for letter in "abprs"
    ),
    _rule(
        "slack-webhook",
        TOKEN,
        "a Slack webhook",
        (b"hooks.slack.com/services/",),
        rb"hooks\.slack\.com/services/(T\w{8,12}/B\w{8,12}/\w{20,30})",
        3.0,
    ),
    _token("stripe", "a Stripe key", b"sk_live_", rb"[A-Za-z0-9]{20,250}"),
    _token("stripe-restricted", "a Stripe key", b"rk_live_", rb"[A-Za-z0-9]{20,250}"),
    _token("google-api", "a Google API key", b"AIza", rb"[\w-]{35}", 3.0),
    _token("npm", "an npm token", b"npm_", rb"[A-Za-z0-9]{36}", 3.0),
    _token("docker-pat", "a Docker access token", b"dckr_pat_", rb"[\w-]{20,60}"),
    _token("vault", "a Vault token", b"hvs.", rb"[\w-]{24,200}"),
    _token("pypi", "a PyPI token", b"pypi-AgEIcHlwaS5vcmc", rb"[\w-]{50,250}"),
    _token("digitalocean", "a DigitalOcean token", b"dop_v1_", rb"[0-9a-f]{64}"),
    _token("huggingface", "a Hugging Face token", b"hf_", rb"[A-Za-z]{34}", 3.5),
    _token("anthropic", "an Anthropic key", b"sk-ant-", rb"[\w-]{40,200}"),
    _rule(
        "openai",
        TOKEN,
        "an OpenAI key",
        (b"T3BlbkFJ",),
        rb"(?<![\w-])(sk-(?:[\w-]{1,20}-)?[\w-]{20,120}T3BlbkFJ[\w-]{20,120})",
    ),
    _rule(
        "sendgrid",
        TOKEN,
        "a SendGrid key",
        (b"SG.",),
        rb"(?<![\w.-])(SG\.[\w-]{22}\.[\w-]{43})(?![\w-])",
        3.5,
    ),
    _rule(
        "azure-storage",
        TOKEN,
        "an Azure storage key",
        (b"AccountKey=",),
        rb"AccountKey=([A-Za-z0-9+/]{86}==)",
        4.0,
    ),
    _rule(
        "json-web-token",
        TOKEN,
        "a JSON web token",
        (b"eyJ",),
        rb"(?<![\w.-])(eyJ[\w-]{15,1000}\.eyJ[\w-]{15,3000}\.[\w-]{20,1000})(?![\w.-])",
        3.5,
    ),
    _rule(
        "npm-auth",
        TOKEN,
        "a token for an npm registry",
        (b"_authToken",),
        rb"_authToken\s{0,3}=\s{0,3}[\"']?([^\s\"'$]{8,300})",
    ),
    _rule(
        "docker-auth",
        PASSWORD,
        "a password for a registry, in base64",
        (b'"auth"',),
        rb'"auth"\s{0,9}:\s{0,9}"([A-Za-z0-9+/]{12,400}={0,2})"',
        2.5,
    ),
    _rule(
        "netrc",
        PASSWORD,
        "a password for a host",
        (b"machine",),
        rb"(?:^|\s)machine\s{1,9}\S{1,200}\s{1,9}login\s{1,9}\S{1,200}\s{1,9}password\s{1,9}(\S{1,200})",
    ),
    _rule(
        "variable",
        PASSWORD,
        "a variable in which a program takes its password",
        (b"PASSWORD", b"MYSQL_PWD", b"REDISCLI_AUTH"),
        rb"(?<![A-Za-z0-9_])(?:PGPASSWORD|MYSQL_PWD|REDISCLI_AUTH|PGADMIN_DEFAULT_PASSWORD"
        rb"|(?:MYSQL|MARIADB)(?:_ROOT)?_PASSWORD|(?:POSTGRES|REDIS|RABBITMQ_DEFAULT|MONGO_INITDB_ROOT|MSSQL_SA)"
        rb"_(?:PASSWORD|PASS))[\"']?(?:=|:\s{1,3})(?:\"([^\"\n$]{4,200})\"|'([^'\n]{4,200})'"
        # What begins so is told elsewhere, or is no value at all.
        rb"|(?![-/<({\[!*&|>])([^\s\"'$;,|&)]{4,200}))",
        1.5,
    ),
    _rule(
        "url-password",
        PASSWORD,
        "a password in an address",
        (b"://",),
        rb"[a-zA-Z][a-zA-Z0-9+.-]{1,19}://[^\s/:@\"'<>{}]{0,64}:([^\s/:@\"'<>{}]{4,128})@[A-Za-z0-9\[][\w.\[\]:-]",
        2.0,
        in_settings=True,
    ),
    _rule(
        "option",
        PASSWORD,
        "a password on a command line",
        (b"--",),
        rb"--(?:[a-z]{1,20}-)?(?:password|passwd|token|secret|api-?key)(?:=|\s{1,3}|[\"'],\s{0,3})[\"']?([^\s\"']{6,200})",
        2.0,
        in_settings=True,
    ),
    _rule(
        "curl-user",
        PASSWORD,
        "a password on a command line",
        (b"curl",),
        rb"(?<![\w-])curl\b" + ARGUMENTS + rb"\s(?:-[a-zA-Z]{0,6}u\s{0,3}|--(?:proxy-)?user(?:=|\s{1,3}))"
        rb"[\"']?[^\s:\"'$]{1,64}:([^\s\"']{4,128})",
        2.0,
        in_settings=True,
    ),
    _rule(
        "login-option",
        PASSWORD,
        "a password on a command line",
        (b"sshpass", b" login", b"mysql", b"mariadb"),
        rb"(?<![\w-])(?:(?:sshpass|(?:docker|podman|buildah|skopeo)\s+login)\b" + ARGUMENTS + rb"\s-p\s{0,3}"
        # These take a word of its own behind -p for the name of a database.
        rb"|(?:mysql|mariadb)(?:-?dump|-?admin)?\b" + ARGUMENTS + rb"\s-p)[\"']?([^\s\"']{6,200})",
        2.0,
        in_settings=True,
    ),
    _rule(
        "authorization",
        TOKEN,
        "a header that lets somebody in",
        (b"authorization",),
        rb"authorization[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:bearer|token|basic)\s{1,3}([\w.+/=-]{8,2000})",
        2.5,
        in_settings=True,
        flags=re.IGNORECASE,
    ),
    _rule(
        "setting",
        PASSWORD,
        "a setting with a name such as PASSWORD",
        (b"passw", b"passphrase", b"secret", b"token", b"key", b"credential"),
        rb"(?<![A-Za-z0-9])(?:[\w.-]{0,40}[_.-])?%s(?:[_-]?\d{1,3})?[\"']?\s{0,3}[=:]\s{0,3}"
        rb"(?:\"([^\"\n]{6,200})\"|'([^'\n]{6,200})'|([^\s\"'#;,]{6,200}))" % SETTING,
        in_settings=True,
        flags=re.IGNORECASE,
    ),
)
RULES_BY_NAME: Final = {rule.name: rule for rule in SECRET_RULES}
