"""Where webhooks may go: looked up once, and held to. No name leads into a network that is not public."""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from frontend_api.settings import WebhookPolicy
from wattbook.errors import WattbookError

_LONGEST = 2_000
_PORTS = {"https": 443, "http": 80}
# Networks that lead to others: through them a public address is a private one.
_TRANSLATED = (
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
    ipaddress.IPv6Network("2002::/16"),
    ipaddress.IPv6Network("2001::/32"),
    ipaddress.IPv6Network("::/96"),
    ipaddress.IPv6Network("::ffff:0:0:0/96"),
)

# All addresses of a host.
LookUp = Callable[[str, int], list[str]]


class AddressRefused(WattbookError):
    """A webhook cannot go there."""


@dataclass(frozen=True)
class Target:
    """A URL, taken apart. `host` is without brackets."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as a request names them."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == _PORTS[self.scheme] else f"{shown}:{self.port}"

    def at(self, address: str) -> str:
        """The URL with an address in the host's place."""
        shown = f"[{address}]" if ":" in address else address
        return f"{self.scheme}://{shown}:{self.port}{self.path}"


def target_of(url: str, policy: WebhookPolicy) -> Target:
    """A URL to which webhooks may go, as far as it tells by itself."""
    if len(url) > _LONGEST or any(ord(sign) <= 32 or ord(sign) > 126 for sign in url):
        raise AddressRefused(f"the URL has more than {_LONGEST} characters, or some that no URL has")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("the URL cannot be read") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise AddressRefused("the URL does not begin with https://")
    if parts.scheme == "http" and not policy.plain_http:
        raise AddressRefused("only https:// is called: over http:// anybody on the way reads and changes it")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise AddressRefused("the URL has a name or password in it")
    if parts.fragment:
        raise AddressRefused("the URL has a fragment, which no server sees")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    found = Target(url, parts.scheme, parts.hostname, _PORTS[parts.scheme] if port is None else port, path)
    if not 0 < found.port < 65_536:
        raise AddressRefused("the URL has no port that there is")
    literal = _address(found.host)
    if literal is not None and not _may_be_called(literal, policy):
        raise AddressRefused(f"{found.host} is inside a network that is not public")
    return found


def resolved(target: Target, policy: WebhookPolicy, look_up: LookUp) -> str:
    """The address to be called; refused if any of the host's is not public, so that no luck is needed."""
    try:
        found = look_up(target.host, target.port)
    except (OSError, UnicodeError):
        raise AddressRefused(f"{target.host} has no address") from None
    addresses = [_address(one) for one in found]
    if not addresses:
        raise AddressRefused(f"{target.host} has no address")
    for word, address in zip(found, addresses, strict=True):
        if address is None or not _may_be_called(address, policy):
            raise AddressRefused(f"{target.host} is at {word}, inside a network that is not public")
    return found[0]


def look_up(host: str, port: int) -> list[str]:
    """What the machine's resolver says."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _address(word: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(word.split("%", 1)[0])
    except ValueError:
        return None


def _may_be_called(address: ipaddress.IPv4Address | ipaddress.IPv6Address, policy: WebhookPolicy) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _may_be_called(address.ipv4_mapped, policy)
        inside = address.is_site_local or any(address in network for network in _TRANSLATED)
        if inside and not policy.private_networks:
            return False
    if address.is_multicast or address.is_unspecified:
        return False
    return policy.private_networks or address.is_global
