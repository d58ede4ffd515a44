"""People as Foyer knows them: who books, who manages, who administers."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Person:
    """`id` is the Entra object id, the only thing that rights are decided from; `zone` an IANA name or ''."""

    id: str
    name: str
    address: str
    zone: str = ""
    language: str = ""


def same_address(one: str, other: str) -> bool:
    """Mail addresses are compared as Exchange does: without regard to case."""
    return one.casefold() == other.casefold()
