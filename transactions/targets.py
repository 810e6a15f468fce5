"""Where hooks may lead: what the text of an address tells, which places are let in by name, which addresses are public.

Pure. Whether a name leads somewhere public is known only when it is connected to: `jobs.posting` asks then. Of an IP
address it is known at once.
"""

import ipaddress
import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

LONGEST = 2_000
PORTS = {"https": 443, "http": 80}
PLACE = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9.-]+):(?P<first>\d{1,5})(?:-(?P<last>\d{1,5}))?")
OLD_IPV4 = "::/96"  # IPv4 addresses inside of IPv6 as they were once written

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class BadTarget(ValueError):
    """The address cannot be used; its text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address in parts: `host` without brackets, `path` with the query."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Place:
    """A host and ports of it that may be connected to, wherever its name leads."""

    host: str
    first: int
    last: int


def parse(address: str, allowed: Iterable[Place] = ()) -> Target:
    """Take an address apart. Without TLS it may lead to an allowed place only. Raises BadTarget."""
    if len(address) > LONGEST:
        raise BadTarget(f"At most {LONGEST:,} characters.")
    if not re.fullmatch(r"[!-~]+", address) or "\\" in address:
        raise BadTarget("An address has neither blanks nor backslashes, and other than ASCII is percent-encoded.")
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        raise BadTarget("This is no address: its host or port cannot be read.") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise BadTarget("Write a whole address, such as https://receiver.example/hook.")
    if "@" in parts.netloc:
        raise BadTarget("An address with a user name or password is not taken: receivers know us by the signature.")
    if parts.fragment:
        raise BadTarget("What follows # is never sent; leave it out.")
    if port == 0 or "%" in parts.netloc:
        raise BadTarget("This is no address: its host or port cannot be read.")
    target = Target(parts.scheme, parts.hostname, port or PORTS[parts.scheme], _path(parts.path, parts.query))
    if target.scheme == "http" and not is_allowed(target, allowed):
        raise BadTarget(_closed(target, allowed) or "Use https: what is sent without it can be read on its way.")
    return target


def parse_place(text: str) -> Place:
    """Read host:port or host:first-last. Raises ValueError."""
    found = PLACE.fullmatch(text.lower())
    if found is None:
        raise ValueError(text)
    first = int(found["first"])
    last = int(found["last"] or first)
    if not 0 < first <= last < 65_536:
        raise ValueError(text)
    return Place(found["host"].strip("[]"), first, last)


def is_allowed(target: Target, allowed: Iterable[Place]) -> bool:
    """Whether the address names one of the places, by the very host that was written."""
    return any(place.host == target.host and place.first <= target.port <= place.last for place in allowed)


def refuse_closed(target: Target, allowed: Iterable[Place]) -> None:
    """Pass unless the host is written as an IP address, in whatever spelling, that is not public. Raises BadTarget."""
    allowed = tuple(allowed)
    address = _literal(target.host)
    if not address or is_allowed(target, allowed):
        return
    if closed := _closed(target, allowed):
        raise BadTarget(closed)
    require_public(address)


def _literal(host: str) -> str:
    """The IP address a host is written as, also in the old spellings of IPv4 (127.1, 0x7f000001); empty for a name."""
    with suppress(ValueError):
        return str(ipaddress.ip_address(host))
    with suppress(OSError):
        return socket.inet_ntoa(socket.inet_aton(host))
    return ""


def require_public(address: str) -> None:
    """Pass if an IP address is part of the public internet. Raises BadTarget."""
    if not is_public(address):
        raise BadTarget(f"It leads to {address}, which is not on the public internet. That is refused.")


def is_public(address: str) -> bool:
    """Whether an IP address is part of the public internet."""
    found: ipaddress.IPv4Address | ipaddress.IPv6Address = ipaddress.ip_address(address)
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return not any(found in network for network in _not_public())


@cache
def _not_public() -> tuple[Network, ...]:
    """Microsoft's list of what is not the public internet. Its package is large, and seldom needed but by workers."""
    from AntiSSRF import IPAddressRanges

    return tuple(ipaddress.ip_network(one) for one in (*IPAddressRanges.recommended_latest, OLD_IPV4))


def _closed(target: Target, allowed: Iterable[Place]) -> str:
    """What is said of a host that is let in at other ports; empty for any other host."""
    ports = sorted({(place.first, place.last) for place in allowed if place.host == target.host})
    if not ports:
        return ""
    named = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in ports)
    closed = f"Port {target.port} of {target.host} is closed to hooks, as Signalbox’s own ports are"
    return f"{closed}. Open are: {named}."


def _path(path: str, query: str) -> str:
    return (path or "/") + (f"?{query}" if query else "")
