"""What should rather not be in an image, told by its path or its first bytes."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from layers.oci.findings.places import is_sample
from layers.oci.findings.secrets import may_hold_secrets

SECRET, HISTORY, CACHE, TEMPORARY, LOG, BACKUP, LARGE, BURIED = (
    *("secret", "history", "cache", "temporary", "log", "backup"),
    *("large", "buried"),
)
HOME: Final = rb"(?:root|home/[^/]+)"
SHELLS: Final = rb"bash|ash|sh|zsh|fish|python|node_repl|irb|mysql|psql|sqlite|rediscli|mongo"


class Rule(NamedTuple):
    """A kind of finding, and which paths it is about."""

    kind: str
    match: Callable[[bytes], re.Match[bytes] | None]
    """The whole match is the path to leave out: the file, or the directory it is in."""
    why: str | Promise


def rule(kind: str, pattern: bytes, why: str | Promise) -> Rule:
    """A rule for paths that begin with ``pattern``, and end there or go on below it."""
    return Rule(kind, re.compile(rb"(?:%s)(?=/|\Z)" % pattern, re.DOTALL).match, why)


def named(kind: str, pattern: bytes, why: str | Promise) -> Rule:
    """A rule for files by their name, in any directory."""
    return rule(kind, rb"(?:.*/)?(?:%s)(?!/)" % pattern, why)


RULES: Final = (
    named(SECRET, rb"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?", _("a private SSH key")),
    named(
        SECRET,
        rb"\.ssh/(?!authorized_keys$|known_hosts$|config$)[^/]*(?<!\.pub)",
        _("a private file of SSH"),
    ),
    named(
        SECRET,
        rb"\.netrc|\.git-credentials|\.npmrc|\.pypirc|\.pgpass|\.my\.cnf|\.vault-token|\.htpasswd",
        _("a file in which programs keep passwords and tokens"),
    ),
    named(
        SECRET,
        rb"\.aws/credentials|\.docker/config\.json|\.kube/config|\.config/gcloud/[^/]*\.(?:json|db)|\.azure/[^/]*",
        _("credentials for a service"),
    ),
    named(
        SECRET, rb"\.env(?:\.(?!example$|sample$|template$)[^/]*)?", _("settings that often hold passwords")
    ),
    named(SECRET, rb"[^/]*\.(?:key|p12|pfx|jks|keystore|kdbx)", _("a key, or a store of keys")),
    named(SECRET, rb"[^/]*\.tfstate(?:\.backup)?", _("a Terraform state, which holds secrets in the clear")),
    rule(SECRET, rb"etc/(?:shadow|gshadow)-?", _("password hashes")),
    named(HISTORY, rb"\.(?:%s)_history|\.lesshst|\.viminfo|\.wget-hsts" % SHELLS, _("what was typed here")),
    rule(HISTORY, HOME + rb"/\.local/share/(?:fish/fish_history|nano)", _("what was typed here")),
    rule(
        CACHE,
        rb"var/lib/apt/lists|var/cache/(?:apt|debconf)",
        _("lists and packages that apt fetched: it fetches them again"),
    ),
    rule(CACHE, rb"var/cache/(?:apk|dnf|yum|zypp|pacman|man|fontconfig)|etc/apk/cache", _("a package cache")),
    rule(
        CACHE,
        HOME + rb"/\.(?:cache|npm|yarn|gradle/caches|composer/cache|bundle/cache)",
        _("a cache of tools"),
    ),
    rule(
        CACHE, HOME + rb"/\.cargo/registry|(?:go|root/go)/pkg/mod/cache", _("a cache of downloaded sources")
    ),
    rule(CACHE, rb"usr/local/share/\.cache", _("a cache of tools")),
    rule(CACHE, rb"(?:.*/)?__pycache__", _("Python makes it again")),
    rule(TEMPORARY, rb"tmp|var/tmp", _("temporary files")),
    rule(LOG, rb"var/log", _("logs")),
    named(LOG, rb"[^/]*\.log", _("a log")),
    named(BACKUP, rb"[^/]*~|#[^/]*#|\.[^/]*\.sw[a-p]", _("left behind by an editor")),
    named(
        BACKUP, rb"[^/]*\.(?:bak|orig|rej|dpkg-(?:old|new|dist)|rpmsave|rpmnew)", _("a copy of an older file")
    ),
    named(BACKUP, rb"\.DS_Store|Thumbs\.db|desktop\.ini", _("left behind by a file manager")),
)
TOLD_BY_CONTENT: Final = re.compile(
    rb"(?:.*/)?(?:[^/]*\.key|\.env(?:\.[^/]*)?|\.npmrc|g?shadow-?)", re.DOTALL
)
"""Names that a file without a secret has too: what is in it tells more."""


def first_rule(path: bytes) -> tuple[Rule, bytes] | None:
    """The first rule that a path falls under, and the path to leave out."""
    for each in RULES:
        if match := each.match(path):
            return each, match[0]
    return None


def names_a_secret(path: bytes) -> bool:
    """Whether a file's name alone says that secrets are in it."""
    ruled = first_rule(path)
    if ruled is None or ruled[0].kind != SECRET or is_sample(path):
        return False
    return TOLD_BY_CONTENT.fullmatch(path) is None


def holds_secret(head: bytes) -> bool:
    """Whether a text holds what looks like a private key or a token."""
    return may_hold_secrets(head)
