"""Dockerfile and compose.yaml, held against the program that they are to run."""

import ast
import asyncio
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.clock import SystemClock
from bot.config import Settings
from bot.store.redis import RedisEngine
from tests.redis_server import HOW_TO_GET, PROGRAM, running
from tests.unit.test_config import GOOD

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", "")
COMPOSE = (ROOT / "compose.yaml").read_text("utf-8")
FORGETFUL = {"appendonly": "no", "appendfsync": "everysec", "maxmemory-policy": "allkeys-lru"}


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, re.MULTILINE)


def copied() -> dict[str, str]:
    """What comes from this repository into the last stage, and to where."""
    words = [line.split() for line in instructions("COPY") if not line.startswith("--from=")]
    return {source: target for *sources, target in words for source in sources if source != "requirements.txt"}


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in instructions("ENV") for pair in line.split())


def commands() -> list[list[str]]:
    """Of each service in compose.yaml, in order."""
    return [json.loads(words) for words in re.findall(r"^ +command: (\[.*\])$", COMPOSE, re.MULTILINE)]


def compose_settings() -> dict[str, str]:
    found = re.findall(r"^ +((?:FOYER|REDIS)_\w+): (.+)$", COMPOSE, re.MULTILINE)
    return {name: value.strip('"') for name, value in found}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the image's folder has, and nothing else of the repository."""
    folder = tmp_path_factory.mktemp("image")
    for source, target in copied().items():
        place = folder / source if target == "./" else folder / target
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, place)
    return folder


def run(image: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    [entrypoint] = (json.loads(line) for line in instructions("ENTRYPOINT"))
    assert entrypoint[0] == "python"
    return subprocess.run(
        [sys.executable, *entrypoint[1:], *words],
        cwd=image,
        env=settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def sources() -> Iterator[Path]:
    for name in copied():
        place = ROOT / name
        yield from place.rglob("*.py") if place.is_dir() else [place] * (place.suffix == ".py")


def test_the_build_sees_what_it_copies_and_nothing_else() -> None:
    first, *rest = (ROOT / ".dockerignore").read_text().splitlines()
    shown = {line[1:] for line in rest if line.startswith("!")}

    assert first == "*"
    assert shown == {*copied(), "requirements.txt"}
    assert all((ROOT / name).exists() for name in shown)
    assert any(fnmatch("bot/web/__pycache__", line) for line in rest)


def test_what_is_copied_is_all_that_the_program_is_made_of(image: Path) -> None:
    helped = run(image, "--help")
    refused = run(image, "--role", "worker")

    assert helped.returncode == 0, helped.stderr
    assert (refused.returncode, refused.stderr.splitlines()[0]) == (2, "Foyer cannot start:")
    assert not {"sandbox", "tests", "chat", "checks", "manifest", "bench"} & {place.name for place in image.iterdir()}


def test_the_sandbox_is_told_to_be_elsewhere(image: Path) -> None:
    for words in (["--sandbox"], ["--sandbox", "--sandbox-runs"], ["doctor", "--sandbox"]):
        ended = run(image, *words)
        assert ended.returncode == 2
        assert "make run" in ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr


def test_whatever_is_imported_is_installed() -> None:
    """Out of requirements.txt, not out of what only tests and tools need; and the zones, which the image may lack."""
    pinned = {
        line.split("==")[0].lower() for line in (ROOT / "requirements.txt").read_text().splitlines() if "==" in line
    }
    owners = packages_distributions()
    asked = set()
    for source in sources():
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                asked |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                asked.add(node.module.split(".")[0])
    foreign = asked - sys.stdlib_module_names - {"app", "bot"}

    assert "aiohttp" in foreign
    assert {name for name in foreign if not {owner.lower() for owner in owners.get(name, [])} & pinned} == set()
    assert "tzdata" in pinned


def test_settings_of_image_and_compose_are_known() -> None:
    ours = {name: value for name, value in environment().items() if name.startswith("FOYER_")}
    settings = Settings.from_mapping(GOOD | ours | compose_settings())

    assert (settings.port, settings.host, str(settings.data)) == (3978, "0.0.0.0", "/data")
    assert settings.redis_url == "redis://redis:6379/0"
    assert instructions("EXPOSE") == [str(settings.port)]
    assert instructions("VOLUME") == [str(settings.data)]
    assert re.search(rf'ports: \["127\.0\.0\.1:\d+:{settings.port}"\]', COMPOSE)


def test_services_of_compose_have_roles_that_there_are(image: Path) -> None:
    roles = [words for words in commands() if words[0] != "redis-server"]

    assert [words[-1] for words in roles] == ["web", "worker"]
    for words in roles:
        ended = run(image, *words, REDIS_URL="")
        assert ended.stderr.startswith("Foyer cannot start:"), ended.stderr


@pytest.mark.skipif(PROGRAM is None, reason=HOW_TO_GET)
async def test_the_redis_of_compose_is_good_enough(tmp_path: Path) -> None:
    [words] = (words for words in commands() if words[0] == "redis-server")
    options = dict(zip((name.removeprefix("--") for name in words[1::2]), words[2::2], strict=True))

    with running(tmp_path, FORGETFUL | options) as server:
        engine = await RedisEngine.open(server.url(), SystemClock())
        await engine.close()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
async def test_the_health_check_asks_whether_it_lives(status: int, code: int) -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server:
        assert await _health(str(server.port)) == code
    assert asked == ["/healthz"]
    assert await _health(str(server.port)) != 0  # nobody listens there now


async def _health(port: str) -> int:
    [check] = instructions("HEALTHCHECK")
    words = json.loads(check[check.index("[") :])
    proxies = {"http_proxy": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words[1:], env={"FOYER_PORT": port} | proxies, stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait()
