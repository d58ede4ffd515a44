"""The limits: HTTP libraries and JSON, nothing in between."""

import json
from collections.abc import Callable
from typing import Any

import aiohttp
import httpx
import orjson

from bench.peers.target import Target


class _Asking:
    """URL and headers are made once for each reader: nobody does less."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, str, int], tuple[str, dict[str, str]]] = {}

    def _request(self, target: Target, lane: int) -> tuple[str, dict[str, str]]:
        key = target.root, target.kind, lane
        found = self._asked.get(key)
        if found is None:
            found = self._asked[key] = target.url(lane), target.headers
        return found


class _Aiohttp(_Asking):
    def __init__(self) -> None:
        super().__init__()
        self._session = aiohttp.ClientSession()

    async def _bytes(self, target: Target, lane: int) -> bytes:
        url, headers = self._request(target, lane)
        async with self._session.get(url, headers=headers) as response:
            response.raise_for_status()
            return await response.read()

    async def close(self) -> None:
        await self._session.close()


class AiohttpBytes(_Aiohttp):
    """Delivers a page's bytes and nothing else."""

    async def fetch(self, target: Target, lane: int) -> bytes:
        return await self._bytes(target, lane)

    def ids(self, fetched: bytes) -> list[str]:
        return _ids(orjson.loads(fetched))


class AiohttpOrjson(_Aiohttp):
    """Delivers dictionaries."""

    async def fetch(self, target: Target, lane: int) -> Any:
        return orjson.loads(await self._bytes(target, lane))

    def ids(self, fetched: Any) -> list[str]:
        return _ids(fetched)


class _Httpx(_Asking):
    def __init__(self, read: Callable[[bytes], Any]) -> None:
        super().__init__()
        self._client = httpx.AsyncClient()
        self._read = read

    async def fetch(self, target: Target, lane: int) -> Any:
        url, headers = self._request(target, lane)
        response = await self._client.get(url, headers=headers)
        response.raise_for_status()
        return self._read(response.content)

    def ids(self, fetched: Any) -> list[str]:
        return _ids(fetched)

    async def close(self) -> None:
        await self._client.aclose()


class HttpxOrjson(_Httpx):
    """Delivers dictionaries."""

    def __init__(self) -> None:
        super().__init__(orjson.loads)


class HttpxJson(_Httpx):
    """Delivers dictionaries."""

    def __init__(self) -> None:
        super().__init__(json.loads)


def _ids(body: Any) -> list[str]:
    return [event["id"] for event in body.get("value", [body])]
