"""The client of a request, for rate limits."""

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request

_ONE_HOUSEHOLD = 64
"""Bits of an IPv6 address that a provider gives to one customer, who may change the others at will (RFC 6177)."""


def client_key(request: Request) -> str:
    """The caller's IPv4 address or IPv6 network; empty if unknown. Never store or log it as it is."""
    return _network_of(request.client.host if request.client else "")


@lru_cache(maxsize=256)
def _network_of(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ip_network((address, _ONE_HOUSEHOLD), strict=False))
    return str(address)
