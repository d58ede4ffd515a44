"""Which resources and permissions a scope names.

https://learn.microsoft.com/entra/identity-platform/scopes-oidc
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.login import errors

GRAPH_ROOTS = (
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
)
# Other services of a real tenant: a token for one of them is issued, and refused by Graph.
OTHER_RESOURCES = ("https://outlook.office365.com", "https://management.azure.com")
OPENID = frozenset({"openid", "profile", "email", "offline_access"})
_DEFAULT = ".default"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """`permissions` are delegated ones, without the resource; empty means everything that was consented to."""

    audience: str
    permissions: tuple[str, ...] = ()
    openid: frozenset[str] = frozenset()


def of_application(scope: str, own_root: str) -> Asked:
    """Client credentials take one resource with `/.default`. Raises LoginError."""
    scopes = scope.split()
    if len(scopes) > 1:
        raise errors.several_resources(scope)
    resource, is_default, rest = scope.strip().rpartition("/.default")
    if not is_default or rest:
        raise errors.wrong_scope(scope)
    return Asked(audience=_known(resource, own_root))


def of_person(scope: str, own_root: str) -> Asked:
    """Permissions of one resource, with or without its URL, beside the scopes of OpenID Connect. Raises LoginError."""
    words = scope.split()
    openid = OPENID & set(words)
    pairs = [_split(word) for word in words if word not in OPENID]
    if not words:
        raise errors.wrong_scope(scope)
    resources = {resource or GRAPH_ROOTS[0] for resource, _ in pairs} or {GRAPH_ROOTS[0]}
    if len(resources) > 1:
        raise errors.several_resources(scope)
    names = [name for _, name in pairs]
    if _DEFAULT in names and len(names) > 1:
        raise errors.wrong_scope(scope)
    asked = () if names == [_DEFAULT] else tuple(names or ["User.Read"])
    return Asked(audience=_known(resources.pop(), own_root), permissions=asked, openid=openid)


def without(scopes: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Those of `scopes` that are not among `taken`, in any case."""
    known = {one.casefold() for one in taken}
    return [one for one in scopes if one.casefold() not in known]


def _split(word: str) -> tuple[str, str]:
    resource, _, name = word.rpartition("/")
    return resource, name


def _known(resource: str, own_root: str) -> str:
    if resource in {*GRAPH_ROOTS, *OTHER_RESOURCES, own_root}:
        return resource
    raise errors.no_resource(resource)
