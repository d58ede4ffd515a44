"""The device code flow: a code that a person answers elsewhere, while the device polls.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sandbox.login import errors
from sandbox.login.scopes import Asked

LIFETIME_S = 900
INTERVAL_S = 5
_LETTERS = "BCDFGHJKLMNPQRSTVWXYZ23456789"  # none that looks like another, no words
_CODE_LENGTH = 9


class Answer(StrEnum):
    ALLOW = "allow"
    DENY = "deny"


@dataclass(kw_only=True)
class DeviceCode:
    """One attempt to sign in. `user_id` is who allowed it."""

    device_code: str
    user_code: str
    app_id: str
    asked: Asked
    expires_at: datetime
    polled_at: datetime | None = None
    answer: Answer | None = None
    user_id: str = ""
    is_used: bool = False


class DeviceCodes:
    """The attempts of the last quarter of an hour, and those before it until the next one begins."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._made = 0
        self._codes: dict[str, DeviceCode] = {}

    def begin(self, app_id: str, asked: Asked, now: datetime) -> DeviceCode:
        self._made += 1
        digest = hashlib.sha256(f"device {self._seed} {now.isoformat()} {self._made}".encode()).digest()
        code = DeviceCode(
            device_code=digest.hex(),
            user_code="".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:_CODE_LENGTH]),
            app_id=app_id,
            asked=asked,
            expires_at=now + timedelta(seconds=LIFETIME_S),
        )
        live = {key: one for key, one in self._codes.items() if now < one.expires_at + timedelta(seconds=LIFETIME_S)}
        self._codes = live | {code.device_code: code}
        return code

    def waiting(self, user_code: str, now: datetime) -> DeviceCode | None:
        """The attempt that a person may answer now; the code in any case, with or without spaces and dashes."""
        wanted = user_code.upper().replace("-", "").replace(" ", "")
        found = (one for one in self._codes.values() if one.user_code == wanted)
        return next((one for one in found if one.answer is None and now < one.expires_at), None)

    def redeem(self, device_code: str, app_id: str, now: datetime) -> DeviceCode:
        """The attempt that a person allowed; it can be redeemed once. Raises LoginError while there is no answer."""
        code = self._codes.get(device_code)
        if code is None or code.app_id != app_id:
            raise errors.wrong_code()
        if code.is_used:
            raise errors.used_code()
        if code.answer is Answer.DENY:
            raise errors.declined()
        if now >= code.expires_at:
            raise errors.expired_code()
        is_early = code.polled_at is not None and now < code.polled_at + timedelta(seconds=INTERVAL_S)
        code.polled_at = now
        if code.answer is None:
            raise errors.too_fast() if is_early else errors.pending()
        code.is_used = True
        return code
