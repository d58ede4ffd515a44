"""Microsoft 365 as it hangs: takes every connection and every request, and answers nothing any more.

Before `hang` is set it answers what a service needs to get going: the channel's keys, and the tokens of one tenant.
"""

import asyncio
import json
import ssl
from base64 import urlsafe_b64encode
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.x509.oid import NameOID

from tests.proofs.stores import CLOCK

LOGIN, GRAPH = "login.microsoftonline.com", "graph.microsoft.com"
KEYS, TEAMS = "login.botframework.com", "smba.trafficmanager.net"
SERVICE_URL = f"https://{TEAMS}/emea/"
_HOSTS = (LOGIN, GRAPH, KEYS, TEAMS)
_KID = "known"


class Peers:
    """Enter it to listen. `held` counts the requests that were never answered, by host."""

    def __init__(self, folder: Path, good_tenant: str) -> None:
        self.hang = asyncio.Event()
        self.held: Counter[str] = Counter()
        self.authority = folder / "authority.pem"
        self._folder = folder
        self._good_tenant = good_tenant
        self._key = generate_private_key(public_exponent=65537, key_size=2048)
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*_certified(self._folder, self.authority))
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=context)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def token(self, app_id: str, kid: str = _KID) -> str:
        """As the channel signs; a `kid` of one's own is nobody's key."""
        now = CLOCK.now().timestamp()
        claims = {"iss": "https://api.botframework.com", "aud": app_id, "serviceurl": SERVICE_URL}
        lifetime = {"nbf": int(now) - 60, "exp": int(now) + 3600}
        return jwt.encode(claims | lifetime, self._key, algorithm="RS256", headers={"kid": kid})

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = next(
                    (int(line[15:]) for line in head.split("\r\n") if line.lower()[:15] == "content-length:"), 0
                )
                await reader.readexactly(length)
                await self._answer(head, writer)
        writer.close()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        path = head.split(" ", 2)[1]
        host = next(line[5:].strip() for line in head.split("\r\n") if line.lower().startswith("host:"))
        found = None if self.hang.is_set() else self._known(host, path)
        if found is None:
            self.held[host] += 1
            await asyncio.Event().wait()
        body = json.dumps(found).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    def _known(self, host: str, path: str) -> Any:
        if host == KEYS:
            jwks = f"https://{KEYS}/keys"
            return {"keys": [self._public()]} if path == "/keys" else {"issuer": "x", "jwks_uri": jwks}
        tenant = path.split("/")[1]
        if host != LOGIN or tenant not in (self._good_tenant, "botframework.com"):
            return None
        if "openid-configuration" in path:
            root = f"https://{LOGIN}/{tenant}"
            ends = {"authorization_endpoint": f"{root}/oauth2/v2.0/authorize", "issuer": f"{root}/v2.0"}
            return ends | {"token_endpoint": f"{root}/oauth2/v2.0/token"}
        return {"token_type": "Bearer", "expires_in": 3599, "access_token": "a-token"}

    def _public(self) -> dict[str, Any]:
        numbers = self._key.public_key().public_numbers()
        return {
            "kty": "RSA", "use": "sig", "kid": _KID, "n": _number(numbers.n), "e": _number(numbers.e),
            "endorsements": ["msteams"],
        }  # fmt: skip


def _number(value: int) -> str:
    return urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def _certified(folder: Path, authority: Path) -> tuple[Path, Path]:
    """A certificate for all hosts and its key; whoever trusts `authority` trusts it."""
    root_key, key = (generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "proofs")])
    root = _signed(root_name, root_key, root_name, root_key, is_authority=True)
    leaf = _signed(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, GRAPH)]), key, root_name, root_key)
    certificate, secret = folder / "peers.pem", folder / "peers.key"
    authority.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    certificate.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, secret


def _signed(
    name: x509.Name, key: RSAPrivateKey, issuer: x509.Name, by: RSAPrivateKey, *, is_authority: bool = False
) -> x509.Certificate:
    now = CLOCK.now()
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if not is_authority:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in _HOSTS])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(by, hashes.SHA256())
