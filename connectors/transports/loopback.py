"""Which addresses never leave this machine: only there may a source be asked without TLS."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address is this machine: `localhost`, 127.0.0.0/8 or ::1."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
