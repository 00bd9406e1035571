"""Ports as ``EXPOSE`` takes them: docker's ``nat.ParsePortSpec``."""

import ipaddress

from layers.oci.errors import InvalidChange

PROTOCOLS = ("tcp", "udp", "sctp")
HIGHEST = 65535


def parse_range(text: str) -> tuple[range, str]:
    """The ports of ``[[ip:]host:]port[-port][/protocol]``, and their protocol.

    Raises:
        InvalidChange: docker's sentence.

    >>> parse_range("8000-8001/UDP")
    (range(8000, 8002), 'udp')
    """
    address, host, container = _parts(text)
    container, protocol = _protocol(container)
    if address:
        _check_address(address)
    if not container:
        raise InvalidChange(f"No port specified: {text}<empty>")
    first, last = _range(container, f"Invalid containerPort: {container}")
    if host:
        low, high = _range(host, f"Invalid hostPort: {host}")
        if last != first and high - low != last - first:
            raise InvalidChange(
                f"Invalid ranges specified for container and host Ports: {container} and {host}"
            )
    if protocol.lower() not in PROTOCOLS:
        raise InvalidChange(f"Invalid proto: {protocol}")
    return range(first, last + 1), protocol.lower()


def _parts(text: str) -> tuple[str, str, str]:
    """Address, port of the host, port of the container."""
    parts = text.split(":")
    if len(parts) < 3:
        return "", parts[0] if len(parts) == 2 else "", parts[-1]
    return ":".join(parts[:-2]), parts[-2], parts[-1]


def _protocol(text: str) -> tuple[str, str]:
    port, _, rest = text.partition("/")
    protocol = rest.partition("/")[0]
    return (port, protocol or "tcp") if port else ("", "")


def _check_address(text: str) -> None:
    if ":" in text and not text.startswith("["):
        raise InvalidChange(f"Invalid ip address {text}: address {text}:: too many colons in address")
    bare = text.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        raise InvalidChange(f"Invalid ip address: {bare}") from None


def _range(text: str, refusal: str) -> tuple[int, int]:
    # "1-2-3" is 1-2: docker looks at the first two parts.
    parts = text.split("-")
    numbers = [parts[0], parts[1] if len(parts) > 1 else parts[0]]
    if not all(number.isascii() and number.isdigit() and len(number) < 12 for number in numbers):
        raise InvalidChange(refusal)
    low, high = map(int, numbers)
    if high > HIGHEST or low > high:
        raise InvalidChange(refusal)
    return low, high
