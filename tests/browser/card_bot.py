"""A small bot and its sandbox page, standing in for app.py: answers with cards over the real connector wire."""

import argparse
import asyncio
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

Json = dict[str, Any]

GO_ON = "go on"
MANAGER = "22222222-2222-4222-8222-222222222222"


def card(title: str, *, button: str | None = None) -> Json:
    """An adaptive card with one line of text and, where given, one Action.Execute button whose verb is the title."""
    content: Json = {
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [{"type": "TextBlock", "text": title, "wrap": True}],
    }
    if button is not None:
        content["actions"] = [{"type": "Action.Execute", "title": button, "verb": button.lower()}]
    return content


@dataclass
class CardBot:
    """Answers every message and button with a card; a pressed card stays waiting until somebody says "go on".

    Not sooner: an update that overtakes the reply to the button is overwritten by that reply in the window.
    """

    session: aiohttp.ClientSession
    met: dict[str, Json] = field(default_factory=dict)
    pressed: list[Json] = field(default_factory=list)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def messages(self, request: web.Request) -> web.Response:
        activity: Json = await request.json()
        person = activity["from"].get("aadObjectId")
        if person and activity["conversation"].get("conversationType") == "personal":
            self.met[person] = activity
        if activity["type"] == "invoke":
            self.pressed.append(activity)
            return web.json_response(_replacing(card("Waiting for the room")))
        if activity["type"] == "message" and activity["text"].strip() == GO_ON:
            self._later(self._confirm(self.pressed.pop()))
        elif activity["type"] == "message":
            self._later(self._post(activity, card(f"Rooms for: {activity['text'].strip()}", button="Book")))
        return web.Response(status=202)

    async def _confirm(self, invoke: Json) -> None:
        url = f"{_activities(invoke)}/{quote(invoke['replyToId'], safe='')}"
        async with self.session.put(url, json=_message(invoke, card("Booked"))) as answer:
            answer.raise_for_status()
        if MANAGER in self.met:
            await self._post(self.met[MANAGER], card("Mia booked a room"))

    async def _post(self, activity: Json, content: Json) -> None:
        async with self.session.post(_activities(activity), json=_message(activity, content)) as answer:
            answer.raise_for_status()

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


async def serve(*, port: int, sandbox_port: int) -> None:
    """Serves the bot and the sandbox page until cancelled."""
    async with aiohttp.ClientSession() as session:
        bot = web.Application()
        bot.router.add_post("/api/messages", CardBot(session).messages)
        bot.router.add_get("/healthz", _fine)
        bot.router.add_get("/readyz", _fine)
        sandbox = web.Application()
        sandbox.router.add_get("/", _fine)
        for app, where in ((bot, port), (sandbox, sandbox_port)):
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", where).start()
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sandbox", action="store_true")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--sandbox-port", type=int, required=True)
    parser.add_argument("--data", required=True)
    options = parser.parse_args()
    asyncio.run(serve(port=options.port, sandbox_port=options.sandbox_port))


def _activities(activity: Json) -> str:
    conversation = quote(activity["conversation"]["id"], safe="")
    return f"{activity['serviceUrl'].rstrip('/')}/v3/conversations/{conversation}/activities"


def _message(activity: Json, content: Json) -> Json:
    return {
        "type": "message",
        "from": activity["recipient"],
        "recipient": activity["from"],
        "conversation": activity["conversation"],
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": content}],
    }


def _replacing(content: Json) -> Json:
    return {"statusCode": 200, "type": "application/vnd.microsoft.card.adaptive", "value": content}


async def _fine(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


if __name__ == "__main__":
    main()
