"""How Teams carries what people say and press to the bot, and what it does where no answer comes."""

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.rig.cards import buttons, fields
from tests.rig.scene import Human, Scene
from tests.rig.seams import BOT_PORT
from tests.rig.teams import Message
from tests.rig.wires import pause

ANSWER_WITHIN_S = 15.0  # after that Teams sends it again


@dataclass
class People:
    """`going` are deliveries under way."""

    scene: Scene
    chance: random.Random
    going: set["asyncio.Task[bool]"] = field(default_factory=set)

    def words(self, who: Human, text: str, **more: Any) -> dict[str, Any]:
        return self.scene.activity(who, type="message", text=text, **more)

    def press(self, who: Human, message: Message, action: dict[str, Any], typed: dict[str, str]) -> dict[str, Any]:
        """Pressing a button of a card that the message shows or has shown, with what was typed into its fields."""
        card = next(one for one in reversed(message.cards) if any(found is action for found in buttons(one)))
        inputs = (fields(card) | typed) if action.get("associatedInputs") != "none" else {}
        value = {"action": {"type": "Action.Execute", "verb": action["verb"], "data": {**action["data"], **inputs}}}
        activity = self.scene.activity(who, type="invoke", name="adaptiveCard/action", value=value)
        return activity | {"replyToId": message.id}

    def send(self, activity: dict[str, Any], message: Message | None = None) -> None:
        """On its way; nobody waits for it."""
        task = asyncio.get_running_loop().create_task(self.deliver(activity, message))
        self.going.add(task)
        task.add_done_callback(self.going.discard)

    async def over(self) -> None:
        """Nobody waits for an answer any more."""
        while self.going:
            await asyncio.wait(set(self.going))

    async def deliver(self, activity: dict[str, Any], message: Message | None = None, *, times: int = 2) -> bool:
        """As Teams does: what is not answered comes again, with the same id or with another. An answer with a card
        changes the message that was pressed. Whether there was an answer."""
        sent = activity
        for again in range(times):
            if again:
                await pause(self.chance.uniform(1, 5))
                if self.chance.random() < 0.3:
                    sent = activity | {"id": self.scene.new_id()}
            answer = await self._posted(sent)
            if answer is not None:
                status, body = answer
                card = body.get("value") if isinstance(body, dict) else None
                if message is not None and status == 200 and isinstance(card, dict) and card.get("type"):
                    self.scene.teams.show(message, card)
                return True
        return False

    async def _posted(self, activity: dict[str, Any]) -> tuple[int, Any] | None:
        """None where no answer came, or one of the server's trouble."""
        url, headers = f"http://127.0.0.1:{BOT_PORT}/api/messages", {"Content-Type": "application/json"}
        timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        body = json.dumps(activity).encode()
        try:
            async with self.scene.net.session().post(url, data=body, headers=headers, timeout=timeout) as reply:
                text = await reply.text()
                if reply.status >= 500:
                    return None
                return reply.status, json.loads(text) if text.startswith("{") else text
        except (aiohttp.ClientError, TimeoutError):
            return None
