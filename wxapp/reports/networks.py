"""Lists of addresses from which a client may send."""

from __future__ import annotations

import ipaddress
import re

MOST = 20


def plain_networks(text: str) -> str:
    """Return a typed list, one network a line, each in its shortest form.

    :raises ValueError: a Chinese sentence about what is no address
    """
    found: dict[str, None] = {}
    for part in re.split(r"[\s,，;；]+", text.strip()):
        if not part:
            continue
        try:
            network = ipaddress.ip_network(part, strict=False)
        except ValueError:
            raise ValueError(f"“{part[:50]}”不是IP地址或网段，例如 192.168.10.0/24") from None
        found[str(network)] = None
    if len(found) > MOST:
        raise ValueError(f"最多填写{MOST}个地址或网段")
    return "\n".join(found)


def is_within(address: str, networks: str) -> bool:
    """Whether an address is in one of the networks; an empty list holds every address."""
    if not networks:
        return True
    try:
        one = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(one, ipaddress.IPv6Address) and one.ipv4_mapped is not None:
        one = one.ipv4_mapped
    return any(one in ipaddress.ip_network(line) for line in networks.splitlines())
