"""Says who is behind an address: the members of a group, with those of the groups in it."""

from sandbox.directory.models import Directory, User


def members(directory: Directory, address: str) -> list[str] | None:
    """Addresses of a group's people and rooms; None for what is no group's address."""
    wanted = address.casefold()
    if directory.user(address) is not None:
        return None
    group = next((one for one in directory.groups.values() if one.address and one.address.casefold() == wanted), None)
    if group is None:
        return None
    return [one.address for one in directory.members(group, transitive=True) if isinstance(one, User)]
