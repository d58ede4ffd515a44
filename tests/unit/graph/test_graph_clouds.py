"""Which roots may carry a secret."""

import pytest

from bot.graph.clouds import CHINA, CLOUDS, Cloud, custom


def test_each_cloud_asks_for_its_own_scope() -> None:
    scopes = {cloud.scope for cloud in CLOUDS.values()}

    assert len(scopes) == len(CLOUDS) == 4
    assert CHINA.scope == "https://microsoftgraph.chinacloudapi.cn/.default"


@pytest.mark.parametrize(
    "root", ["http://127.0.0.1:8800", "http://localhost:8800/", "http://[::1]:8800", "https://a.b"]
)
def test_loopback_may_be_plain_and_everything_may_be_https(root: str) -> None:
    assert custom(root, root).graph == root.rstrip("/")


@pytest.mark.parametrize(
    "root",
    [
        "http://graph.example",
        "http://127.0.0.1.evil.example",
        "ftp://a",
        "a.b",
        "https://a/b",
        "https://u@a",
        "https://a:x",
    ],
)
def test_nothing_else_may(root: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Cloud(name="x", login=root, graph="https://graph.microsoft.com")
