"""Tells which of the needed ports another program already holds."""

import errno
import socket
from collections.abc import Iterable

from chat.options import Port

LOOPBACK = "127.0.0.1"
LOOPBACK_6 = "::1"
PROBE_S = 0.3


def busy_ports(ports: Iterable[Port]) -> tuple[Port, ...]:
    """The ports that another program listens on, or that this person may not have, in the order given."""
    return tuple(port for port in ports if _answers(port.number) or not _may_be_had(port.number))


def _answers(number: int) -> bool:
    """Asks over both families: a browser that reads `localhost` may try ::1 first and meet a stranger there."""
    return any(_connects(address, number) for address in (LOOPBACK, LOOPBACK_6))


def _connects(address: str, number: int) -> bool:
    try:
        socket.create_connection((address, number), timeout=PROBE_S).close()
    except OSError:
        return False
    return True


def _may_be_had(number: int) -> bool:
    """Binds as a server would. A connection that lingers after a stop is no obstacle to it, nor to us."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, number))
        except OSError as refusal:
            if refusal.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True
