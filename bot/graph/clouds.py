"""Which hosts a tenant's cloud has: where tokens are asked for and where Graph is called.

Table: https://learn.microsoft.com/graph/deployments (tokens of one cloud are worth nothing in another).
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """`login` and `graph` are roots without a trailing slash. `login_aliases` are other roots that this cloud's
    discovery document may name for its token endpoint. Raises ValueError for what must not carry a secret."""

    name: str
    login: str
    graph: str
    login_aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for root in (self.login, self.graph, *self.login_aliases):
            _check(root)

    @property
    def scope(self) -> str:
        return f"{self.graph}/.default"

    @property
    def logins(self) -> tuple[str, ...]:
        """Every root that may see the app's credentials."""
        return (self.login, *self.login_aliases)


def custom(login: str, graph: str) -> Cloud:
    """A cloud of one's own, the sandbox tenant for one. Plain http is for loopback alone: raises ValueError."""
    return Cloud(name="custom", login=login.rstrip("/"), graph=graph.rstrip("/"))


def is_plain_loopback(root: str) -> bool:
    """Whether `root` is http on this very machine."""
    parts = urlsplit(root)
    return parts.scheme == "http" and parts.hostname in _LOOPBACK


def _check(root: str) -> None:
    parts = urlsplit(root)
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc or not parts.hostname:
        raise ValueError("a cloud's root is scheme://host[:port] and nothing more")
    if parts.scheme != "https" and not is_plain_loopback(root):
        raise ValueError("a cloud's root is https, or http on loopback")
    _ = parts.port  # raises ValueError for what is no port


# Below what checks them: a cloud that exists is sound.
GLOBAL = Cloud(name="global", login="https://login.microsoftonline.com", graph="https://graph.microsoft.com")
US_GOV_L4 = Cloud(name="usgov-l4", login="https://login.microsoftonline.us", graph="https://graph.microsoft.us")
US_GOV_L5 = Cloud(name="usgov-l5", login="https://login.microsoftonline.us", graph="https://dod-graph.microsoft.us")
CHINA = Cloud(
    name="china",
    login="https://login.chinacloudapi.cn",
    graph="https://microsoftgraph.chinacloudapi.cn",
    login_aliases=("https://login.partner.microsoftonline.cn",),
)
CLOUDS = {cloud.name: cloud for cloud in (GLOBAL, US_GOV_L4, US_GOV_L5, CHINA)}
