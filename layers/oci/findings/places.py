"""What the path of a file says about what is in it: settings, examples, or nothing to read."""

import re
from typing import Final

SETTINGS: Final = re.compile(
    rb"(?:.*/)?(?:\.env(?:\.[^/]*)?|[^/]*\.(?:env|ini|conf|cfg|cnf|ya?ml|json|properties|toml|xml|tfvars)"
    rb"|(?:Docker|Container)file|\.[a-z]{2,12}rc|config|credentials|\.netrc|_netrc|\.pgpass|\.git-credentials"
    rb"|\.[a-z]{2,12}_history|fish_history)",
    re.DOTALL,
)
"""Files in which programs keep what people set, and shells what people typed."""
SHIPPED: Final = re.compile(
    rb"(?:usr/)?lib(?:32|64|exec|x32)?/|usr/(?:local/)?(?:share|include|libexec|lib(?:64)?)/|usr/local/go/"
    rb"|var/(?:lib/(?:dpkg|apt|rpm)|cache)/|(?:.*/)?(?:node_modules|site-packages|dist-packages|gems|vendor"
    rb"|bower_components|\.cargo|go/pkg)/",
    re.DOTALL,
)
"""Where packages put what they bring: nobody's own settings."""
SAMPLE: Final = re.compile(
    rb"(?:.*/)?(?:tests?|testdata|testing|__tests__|specs?|fixtures?|examples?|samples?|demos?|docs?|man)/"
    rb"|.*(?:_test\.[a-z]+|/test_[^/]*|\.(?:example|sample|template|dist|md|rst)|[-_.]example[^/]*)\Z",
    re.DOTALL | re.IGNORECASE,
)
PACKED: Final = re.compile(
    rb".*\.(?:so(?:\.[\d.]+)?|a|o|ko|pyc|pyo|class|jar|gz|xz|bz2|zst|zip|7z|tgz|whl|png|jpe?g|gif|webp|ico|svgz"
    rb"|ttf|otf|woff2?|mo|gmo|pdf|mp[34]|wasm|exe|dll|node|gresource|tdb|h5)",
    re.DOTALL | re.IGNORECASE,
)
"""Files that hold no text, told by their names."""


def is_settings(path: bytes) -> bool:
    """Whether programs keep settings in it, and it is not just what a package brings.

    >>> is_settings(b"srv/app/config.yml"), is_settings(b"usr/lib/app/config.yml"), is_settings(b"srv/a.py")
    (True, False, False)
    """
    return SETTINGS.fullmatch(path) is not None and SHIPPED.match(path) is None


def is_sample(path: bytes) -> bool:
    """Whether it lies among tests, examples or documents.

    >>> is_sample(b"usr/lib/python3/test/keycert.pem"), is_sample(b"etc/ssl/private/site.key")
    (True, False)
    """
    return SAMPLE.match(path) is not None


def holds_text(path: bytes) -> bool:
    """Whether its name leaves open that there is text in it."""
    return PACKED.fullmatch(path) is None
