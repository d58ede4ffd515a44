"""What follows from a name: addresses and ids, equal in every tenant."""

from unicodedata import normalize
from uuid import NAMESPACE_DNS, uuid5

from sandbox.login.models import TENANT_DOMAIN


def address_of(alias: str) -> str:
    return f"{alias}@{TENANT_DOMAIN}"


def guid_of(name: str) -> str:
    return str(uuid5(NAMESPACE_DNS, f"{name}.{TENANT_DOMAIN}"))


def alias_of(name: str, *, joined_by: str) -> str:
    """The name in small letters of ASCII, as an address has it."""
    plain = normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return joined_by.join("".join(letter for letter in word if letter.isalnum()) for word in plain.split())
