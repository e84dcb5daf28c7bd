"""Whom we may speak to: the origins a vendor was configured with, and the hosts its media lie on."""

from collections.abc import Sequence

import httpx

from activities.outbound.addresses import is_loopback
from activities.outbound.errors import Forbidden

Origin = tuple[str, str, int]
"""Scheme, host, port."""


class Allowed:
    """The addresses one vendor's client may ask and download from."""

    def __init__(self, origins: Sequence[str], media_hosts: Sequence[str] = ()) -> None:
        """Take origins like `https://api.example.com`; plain http only for this very machine.

        `media_hosts` are names that end in one of these: `fal.media` stands for `v3.fal.media` too.
        Raises `ValueError` for an origin that must not be spoken to.
        """
        self._origins = {_configured(origin) for origin in origins}
        self._media_hosts = tuple(host.lower() for host in media_hosts)

    def check_call(self, url: httpx.URL) -> None:
        """Raise `Forbidden` unless the address lies on a configured origin: only those are sent credentials."""
        if _key_of(url) not in self._origins or url.userinfo:
            raise Forbidden(f"{_shown(url)} is not one of the addresses this vendor was set up with")

    def check_media(self, url: httpx.URL) -> None:
        """Raise `Forbidden` unless media may be fetched from there: a media host by https, or a configured origin."""
        if url.userinfo:
            raise Forbidden(f"{_shown(url)} carries a name and password; it is not asked")
        if _key_of(url) in self._origins:
            return
        scheme, host, port = _key_of(url)
        named = any(host == name or host.endswith(f".{name}") for name in self._media_hosts)
        if scheme != "https" or port != 443 or not named:
            raise Forbidden(f"{_shown(url)} is not where this vendor's media lie")

    def is_local(self, url: httpx.URL) -> bool:
        """True for a configured origin on this machine, which is the one that may be spoken to without TLS."""
        return url.scheme == "http" and _key_of(url) in self._origins


def origin_of(address: str) -> str:
    """Return the origin of a base URL: its scheme, host and port, without path."""
    url = httpx.URL(address)
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _configured(origin: str) -> Origin:
    url = httpx.URL(origin)
    local = url.host == "localhost" or is_loopback(url.host)
    if not url.host or url.userinfo or not (url.scheme == "https" or (url.scheme == "http" and local)):
        raise ValueError(
            f"{origin!r} cannot be a vendor's address: give https://, or http:// on this very machine"
        )
    return _key_of(url)


def _key_of(url: httpx.URL) -> Origin:
    return url.scheme, url.host.lower(), url.port or (443 if url.scheme == "https" else 80)


def _shown(url: httpx.URL) -> str:
    """An address without its path and query, which may hold secrets."""
    return f"{url.scheme}://{url.host[:100]}"
