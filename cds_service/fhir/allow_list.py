"""Which FHIR server may be called, and where a `next` link may lead.

A call carries a bearer token and comes from inside a hospital's network, so a base is called only when it
is configured, compared part by part after normalization; and the address that its name resolves to is
looked at too, because whoever holds the name's DNS zone could point it at this machine or at the
credentials service of a cloud.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_LONGEST: Final = 4096
_PRINTABLE: Final = re.compile(r"[!-~]+")
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9_.\-]*[a-z0-9])?|[0-9a-f:]+")
_METADATA: Final = frozenset(
    {
        ip_address("100.100.100.200"),  # Alibaba Cloud
        ip_address("168.63.129.16"),  # Azure
        ip_address("192.0.0.192"),  # Oracle Cloud
        ip_address("fd00:ec2::254"),  # AWS
    }
)
"""Credential services of clouds outside the link-local range."""

_NAT64: Final = ip_network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class ServerBase:
    """The base URL of one FHIR server, normalized: two that are equal are the same server."""

    scheme: str
    host: str
    """Lower case; an IPv6 address without brackets."""
    port: int
    path: str
    """Without a slash at its end; empty for a server at the root."""

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The base as a URL without a slash at its end."""
        return f"{self.scheme}://{self.authority}{self.path}"


def parse_base(url: str) -> ServerBase | None:
    """A base URL in normal form; None for anything but a plain http(s) URL without user, query and fragment."""
    parts = _plain_parts(url)
    if parts is None or parts.query or parts.hostname is None:
        return None
    host = parts.hostname.rstrip(".")
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    return ServerBase(parts.scheme, host, port, parts.path.rstrip("/"))


def allowed_base(fhir_server: str, servers: tuple[str, ...]) -> ServerBase | None:
    """The base to call for a client's `fhirServer`; None unless that very base is among `servers`."""
    base = parse_base(fhir_server)
    return base if base in _bases(servers) else None


def page_target(base: ServerBase, next_url: str) -> str | None:
    """Path and query of a `next` link; None unless it leads to the same server and stays under its base."""
    if not _PRINTABLE.fullmatch(next_url):  # urljoin would drop what is not, and mend the URL
        return None
    try:
        parts = _plain_parts(urljoin(f"{base.url}/", next_url))
    except ValueError:
        return None
    if parts is None or parts.hostname is None:
        return None
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    if (parts.scheme, parts.hostname.rstrip("."), port) != (base.scheme, base.host, base.port):
        return None
    if parts.path.rstrip("/") != base.path and not parts.path.startswith(f"{base.path}/"):
        return None
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def may_connect(base: ServerBase, address: Address) -> bool:
    """True for an address that the name of an allowed base may resolve to.

    An address that was configured itself is fine. A name may be one inside the hospital's network, but it
    never means this machine (unless it says so), a neighbor by link, or a cloud's credentials service.
    """
    plain = _unmapped(address)
    if plain == _literal(base.host):
        return True
    if plain.is_loopback:
        return base.host == "localhost" or base.host.endswith(".localhost")
    if plain in _METADATA or plain.is_link_local or plain.is_multicast or plain.is_unspecified:
        return False
    return not plain.is_reserved


@lru_cache(maxsize=64)
def _bases(servers: tuple[str, ...]) -> frozenset[ServerBase]:
    return frozenset(base for server in servers if (base := parse_base(server)) is not None)


def _plain_parts(url: str) -> SplitResult | None:
    """A URL taken apart; None when a part of it is there to confuse."""
    if len(url) > _LONGEST or not _PRINTABLE.fullmatch(url) or "\\" in url or "#" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in _DEFAULT_PORTS or "@" in parts.netloc or port == 0:
        return None
    if parts.netloc.endswith(":") or not _HOST.fullmatch(host) or _climbs(parts.path):
        return None
    return parts


def _climbs(path: str) -> bool:
    """True for a path that leaves the folder that it seems to be in, once a server has decoded it."""
    decoded = unquote(unquote(path))
    if "\\" in decoded or "//" in decoded or not decoded.isprintable():
        return True
    return any(segment in {".", ".."} for segment in decoded.split("/"))


def _literal(host: str) -> Address | None:
    try:
        return _unmapped(ip_address(host))
    except ValueError:
        return None


def _unmapped(address: Address) -> Address:
    """An IPv4 address in IPv6 clothes as what it is."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address
