"""Which network addresses belong to the public internet, however they are written."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Turns host and port into addresses; `OSError` where the name is not known."""

_TRANSLATED = IPv6Network("64:ff9b::/96")
_TRANSLATED_HERE = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = IPv6Network("::/96")


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver, once; every address it names, without repetition."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def is_public(address: str) -> bool:
    """True for an address of the public internet.

    Private, shared, link-local, loopback, multicast and reserved ranges are not, nor is an IPv6 address that carries
    such an IPv4 address inside (mapped, compatible, 6to4, Teredo, NAT64), nor what cannot be read at all.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return _is_global(parsed)
    inner = _carried(parsed)
    if inner is not None:
        return all(_is_global(one) for one in inner)
    return parsed not in _TRANSLATED_HERE and _is_global(parsed)


def is_loopback(address: str) -> bool:
    """True for an address that never leaves this machine."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _carried(address: IPv6Address) -> list[IPv4Address] | None:
    """Return the IPv4 addresses an IPv6 address stands for; None where it stands for none."""
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address.sixtofour:
        return [address.sixtofour]
    if address.teredo:
        return list(address.teredo)
    if address in _TRANSLATED or address in _COMPATIBLE:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return None


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    site_local = isinstance(address, IPv6Address) and address.is_site_local
    return address.is_global and not special and not site_local
