"""The program itself, on a machine whose way to Microsoft 365 leads elsewhere: python -m tests.proofs.cut_off PORT.

Every connection to port 443, wherever it was meant to go, is made to PORT of this machine.
"""

import socket
import sys
from typing import Any

import app

_HTTPS = 443
_ANYWHERE = "203.0.113.1"  # an address that is nobody's: RFC 5737
_resolve = socket.getaddrinfo
_connect = socket.socket.connect


def _resolved(host: Any, port: Any, *more: Any, **options: Any) -> Any:
    return _resolve(host if host in ("127.0.0.1", "localhost") else _ANYWHERE, port, *more, **options)


def _connected(port: int) -> Any:
    def connect(self: socket.socket, address: Any) -> None:
        is_abroad = isinstance(address, tuple) and address[1] == _HTTPS
        _connect(self, ("127.0.0.1", port) if is_abroad else address)

    return connect


if __name__ == "__main__":
    socket.getaddrinfo = _resolved
    socket.socket.connect = _connected(int(sys.argv[1]))  # type: ignore[method-assign]
    sys.exit(app.main([]))
