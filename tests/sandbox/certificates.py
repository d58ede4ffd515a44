"""A client's own key with its certificate, and what it signs with it."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Key:
    """A key of a client's own with its certificate."""

    def __init__(self, *, until: datetime = NOW + timedelta(days=30)) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "foyer")])
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
            .not_valid_after(until)
            .sign(self.key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def private_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @property
    def thumbprint(self) -> str:
        return self.certificate.fingerprint(hashes.SHA1()).hex()  # noqa: S303  what the service names a key by

    def assertion(self, root: str, **claims: Any) -> str:
        """For the token endpoint of the tenant at `root`, valid from the virtual clock's start for ten minutes."""
        digest = base64.urlsafe_b64encode(self.certificate.fingerprint(hashes.SHA256())).decode().rstrip("=")
        common = {
            "aud": f"{root}/contoso.onmicrosoft.com/oauth2/v2.0/token", "iss": "foyer", "sub": "foyer",
            "jti": str(uuid4()), "nbf": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 600,
        }  # fmt: skip
        return jwt.encode(common | claims, self.key, algorithm="PS256", headers={"x5t#S256": digest})
