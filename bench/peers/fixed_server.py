"""Answers requests with bytes that it was given, as fast as a core can: `python -m bench.peers.fixed_server DIR`.

The mailbox in the path says which: `full3@…` gets DIR/full. It writes its port to stdout and serves until stdin ends.
"""

import asyncio
import re
import sys
from pathlib import Path

from bench.peers.cores import SERVER, pin

_MAILBOX = re.compile(rb"/users/([a-z]+)")


class _Answering(asyncio.Protocol):
    def __init__(self, answers: dict[bytes, bytes]) -> None:
        self._answers = answers
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            path = self._read[: self._read.find(b"\r\n")].split(b" ")[1]
            self._read = self._read[end + 4 :]  # they are all GETs: no bodies
            self._transport.write(self._answers[_name(path)])


def _name(path: bytes) -> bytes:
    if path.endswith(b"/calendar"):  # O365 asks for the calendar before it asks for an event
        return b"calendar"
    found = _MAILBOX.search(path)
    assert found is not None
    return found[1]


def _answer(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve(answers: dict[bytes, bytes]) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Answering(answers), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    pin(SERVER)
    asyncio.run(serve({file.name.encode(): _answer(file.read_bytes()) for file in Path(sys.argv[1]).iterdir()}))
