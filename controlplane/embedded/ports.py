"""Ports of this machine's loopback that something of ours may listen on. Standard library only."""

import secrets
import socket

OURS = range(16_384, 32_768)
"""Below those that Linux and macOS give to outgoing connections: one of these could take a port before its server."""


def free_port() -> int:
    """A port nothing listens on now, drawn at random. Raises OSError when a thousand draws find none."""
    for _ in range(1000):
        if is_free(port := secrets.choice(OURS)):
            return port
    raise OSError(f"no port from {OURS.start} to {OURS.stop - 1} is free")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
