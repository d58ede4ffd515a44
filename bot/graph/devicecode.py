"""Signs a service account in by a code that a person types elsewhere, and keeps it signed in by its refresh token.

Flow: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code. The app allows public client flows.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msal

from bot.graph.clouds import Cloud
from bot.graph.login import CAPABILITIES, Grant, check_tenant, granted, seconds_of
from bot.graph.transport import Transport, as_https, transport_to
from bot.graph.verdicts import SignInProblem, SignInRefused

_SLOWER_S = 5.0  # RFC 8628, section 3.5
_SHORTEST_S = 1.0


@dataclass(frozen=True, kw_only=True)
class Invitation:
    """What the person is shown: `message` says all of it in a sentence. Asked for no more often than `interval_s`."""

    user_code: str
    uri: str
    message: str
    expires_in_s: float
    interval_s: float
    device_code: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """`sealed` is the refresh token: whoever has it is the account. Store it encrypted, show it to nobody."""

    grant: Grant
    sealed: bytes = field(repr=False)
    account: str = ""


@dataclass(frozen=True, kw_only=True)
class AccountLogin:
    """An account of a tenant, signed in through an app without a secret. `permissions` are delegated ones
    ("Calendars.ReadWrite.Shared"). Raises ValueError for a tenant that is neither an id nor a domain."""

    cloud: Cloud
    tenant: str
    client_id: str
    permissions: tuple[str, ...]

    def __post_init__(self) -> None:
        check_tenant(self.tenant)

    async def invite(self) -> Invitation:
        """Begins. Raises SignInRefused or Busy."""
        return await asyncio.to_thread(self._invite)

    async def poll(self, invitation: Invitation) -> SignedIn | Invitation:
        """Once: the account, or the invitation to poll with next, after its `interval_s`. Raises SignInRefused when the
        person declined or the code is over, and Busy."""
        return await asyncio.to_thread(self._poll, invitation)

    def renewed(self, sealed: bytes, claims: str = "") -> SignedIn:
        """A new token for a stored sign-in, and the refresh token to store in place of that one. Blocks. Raises
        SignInRefused, with SignInProblem.AGAIN when the person must sign in again, or Busy."""
        with transport_to(self.cloud) as transport:
            extra = {"data": {"claims": claims}} if claims else {}
            answer = self._app(transport).acquire_token_by_refresh_token(sealed.decode(), self._scopes, **extra)
            return _signed_in(answer, sealed)

    @property
    def _scopes(self) -> list[str]:
        return [f"{self.cloud.graph}/{name}" for name in self.permissions]

    def _invite(self) -> Invitation:
        with transport_to(self.cloud) as transport:
            flow = self._app(transport).initiate_device_flow(self._scopes)
            if "user_code" not in flow:
                granted(flow)  # raises
            return Invitation(
                user_code=str(flow["user_code"]),
                uri=str(flow.get("verification_uri") or flow["verification_url"]),
                message=str(flow.get("message", "")),
                expires_in_s=seconds_of(flow.get("expires_in", 900)),
                interval_s=max(seconds_of(flow.get("interval", 5)), _SHORTEST_S),
                device_code=str(flow["device_code"]),
            )

    def _poll(self, invitation: Invitation) -> SignedIn | Invitation:
        with transport_to(self.cloud) as transport:
            # MSAL's own poll waits in the thread, by the machine's clock; its client's does as it is told.
            answer = self._app(transport).client.obtain_token_by_device_flow(
                {"device_code": invitation.device_code}, exit_condition=lambda _: True
            )
            if answer.get("error") == "authorization_pending":
                return invitation
            if answer.get("error") == "slow_down":
                return replace(invitation, interval_s=invitation.interval_s + _SLOWER_S)
            return _signed_in(answer, b"")

    def _app(self, transport: Transport) -> Any:
        return msal.PublicClientApplication(
            self.client_id,
            authority=f"{as_https(self.cloud.login)}/{self.tenant}",
            http_client=transport,
            instance_discovery=False,
            client_capabilities=CAPABILITIES,
        )


class StoredLogin:
    """Implements bot.graph.auth.Login over a stored sign-in. `on_renewed` is told each new refresh token, in a thread:
    the one before it may stop working."""

    def __init__(self, login: AccountLogin, sealed: bytes, on_renewed: Callable[[bytes], None]) -> None:
        self._login = login
        self._sealed = sealed
        self._on_renewed = on_renewed

    @property
    def tenant(self) -> str:
        return self._login.tenant

    def grant(self, claims: str = "") -> Grant:
        found = self._login.renewed(self._sealed, claims)
        if found.sealed != self._sealed:
            self._sealed = found.sealed
            self._on_renewed(found.sealed)
        return found.grant


def must_sign_in_again(error: Exception) -> bool:
    """Whether a person must act, as no repeat and no setting of the app's will help."""
    again = (SignInProblem.AGAIN, SignInProblem.MFA_NEEDED, SignInProblem.CODE_EXPIRED, SignInProblem.DECLINED)
    return isinstance(error, SignInRefused) and error.problem in again


def _signed_in(answer: dict[str, Any], before: bytes) -> SignedIn:
    grant = granted(answer)
    told: dict[str, Any] = answer.get("id_token_claims") or {}
    names: Sequence[str] = [str(told[name]) for name in ("preferred_username", "oid", "sub") if told.get(name)]
    sealed = str(answer.get("refresh_token") or "").encode() or before
    return SignedIn(grant=grant, sealed=sealed, account=names[0] if names else "")
