"""The login endpoint: grants tokens to the application and to people, checks them, takes them back.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow, v2-oauth2-device-code and
refresh-tokens.
"""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from sandbox.clock import Clock
from sandbox.directory.models import Directory, User
from sandbox.errors import GraphError, no_token, revoked_token
from sandbox.login import application, errors, permissions, scopes
from sandbox.login.application import CLIENT_ID, CLIENT_SECRET, ROLES, Application
from sandbox.login.device import DeviceCode, DeviceCodes
from sandbox.login.errors import LoginError
from sandbox.login.permissions import Caller
from sandbox.login.scopes import Asked
from sandbox.login.tenant import TENANT_DOMAIN, TENANT_ID, TENANT_NAME
from sandbox.login.tokens import Signer

__all__ = [
    "CLIENT_ID", "CLIENT_SECRET", "ROLES", "TENANT_DOMAIN", "TENANT_ID", "TENANT_NAME", "Caller", "Login", "LoginError",
    "SavedLogin", "Token", "trace_id",
]  # fmt: skip

LIFETIME_S = 3599
_REFRESH_LIFETIME_S = 90 * 86_400
_DEVICE_GRANTS = {"urn:ietf:params:oauth:grant-type:device_code", "device_code"}
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ANY_TENANT = {"common", "organizations"}


@dataclass(frozen=True, kw_only=True)
class Token:
    """What a grant gives; the last three only for a person."""

    text: str
    expires_in_s: int = LIFETIME_S
    scope: str = ""
    refresh: str = ""
    id_token: str = ""
    user_id: str = ""


class SavedLogin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a restart finds again."""

    application: Application
    generation: int = 0
    revoked: dict[str, int] = msgspec.field(default_factory=dict)
    wants_claims: bool = False


class Login:
    """Tokens are signed, not remembered: they carry the generation that a revocation ends."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self._clock = clock
        self._signer = Signer(seed)
        self._issued = 0
        self._saved = SavedLogin(application=application.seeded(clock.now()))
        self.codes = DeviceCodes(seed)

    @property
    def application(self) -> Application:
        return self._saved.application

    def saved(self) -> SavedLogin:
        """A copy that later changes leave alone."""
        app = self.application
        kept = msgspec.structs.replace(app, secrets=list(app.secrets), certificates=list(app.certificates))
        return msgspec.structs.replace(self._saved, application=kept)

    def restore(self, saved: SavedLogin) -> None:
        """Device codes under way are not kept."""
        self._saved = saved

    def knows_tenant(self, name: str) -> bool:
        return name.casefold() in {TENANT_ID, TENANT_NAME, TENANT_DOMAIN}

    def grant(self, tenant: str, form: Mapping[str, str], own_root: str, directory: Directory | None = None) -> Token:
        """A token for client credentials, a device code or a refresh token. `own_root` is the URL under which this
        tenant was reached; people are looked up in `directory`. Raises LoginError."""
        kind = form.get("grant_type", "")
        self._check_tenant(tenant, is_person=kind != "client_credentials")
        if not kind:
            raise errors.missing("grant_type")
        self._check_application(form)
        people = directory or Directory()
        if kind == "client_credentials":
            return self._for_application(tenant, form, own_root)
        if kind in _DEVICE_GRANTS:
            return self._for_device(form, own_root, people)
        if kind == "refresh_token":
            return self._for_refresh(form, own_root, people)
        raise errors.wrong_grant(kind)

    def begin_device(self, tenant: str, form: Mapping[str, str], own_root: str) -> DeviceCode:
        """Raises LoginError."""
        self._check_tenant(tenant, is_person=True)
        self._check_application(form)
        asked = scopes.of_person(form.get("scope", ""), own_root)
        return self.codes.begin(self.application.app_id, asked, self._clock.now())

    def check(self, authorization: str) -> Caller:
        """Who calls. Raises GraphError unless it is a bearer token of ours for Graph that has not expired and was not
        taken back."""
        kind, _, text = authorization.partition(" ")
        if kind.casefold() != "bearer" or not text:
            raise no_token("Access token is empty.")
        claims = self._signer.read(text)
        if claims is None:
            raise no_token("Access token validation failure. Invalid signature.")
        if not _is_for_graph(claims):
            raise no_token("Access token validation failure. Invalid audience.")
        if claims["exp"] <= self._clock.now().timestamp():
            raise no_token("Lifetime validation failed, the token is expired.")
        if not self._stands(claims):
            raise self._taken_back()
        return _caller(claims)

    def allow(self, caller: Caller, method: str, path: str) -> None:
        """Raises GraphError 403 where the token lacks the permission that this call needs. `path` with its version."""
        permissions.allow(caller, method, path.removeprefix("/v1.0"))

    def revoke(self, user_id: str = "", *, wants_claims: bool = False) -> None:
        """Every token issued up to now, of one person or of all, is refused from now on; with `wants_claims` Graph asks
        for a new one as continuous access evaluation does."""
        self._issued += 1
        generation = self._saved.generation + 1
        revoked = {**self._saved.revoked, user_id: generation}
        self._saved = msgspec.structs.replace(
            self._saved, generation=generation, revoked=revoked, wants_claims=wants_claims
        )

    def _check_tenant(self, tenant: str, *, is_person: bool) -> None:
        if not self.knows_tenant(tenant) and not (is_person and tenant.casefold() in _ANY_TENANT):
            raise errors.no_tenant(tenant)

    def _check_application(self, form: Mapping[str, str]) -> None:
        if not form.get("client_id"):
            raise errors.missing("client_id")
        if form["client_id"] != self.application.app_id:
            raise errors.no_application(form["client_id"])
        if not self.application.is_enabled:
            raise errors.disabled_application(self.application.app_id)

    def _check_credential(self, tenant: str, form: Mapping[str, str], own_root: str) -> None:
        now = self._clock.now()
        if "client_assertion" in form:
            if form.get("client_assertion_type") != _ASSERTION_TYPE:
                raise errors.missing("client_assertion_type")
            self.application.check_assertion(form["client_assertion"], now, lambda text: _means(text, tenant, own_root))
        elif "client_secret" in form:
            self.application.check_secret(form["client_secret"], now)
        else:
            raise errors.no_credential()

    def _for_application(self, tenant: str, form: Mapping[str, str], own_root: str) -> Token:
        self._check_credential(tenant, form, own_root)
        asked = scopes.of_application(form.get("scope", ""), own_root)
        roles = self.application.roles if self.application.is_consented else ()
        return Token(text=self._issue(asked.audience, {"idtyp": "app", "roles": list(roles)}))

    def _for_device(self, form: Mapping[str, str], own_root: str, people: Directory) -> Token:
        self._check_public(form, own_root)
        if not form.get("device_code", form.get("code")):
            raise errors.missing("device_code")
        code = self.codes.redeem(
            form.get("device_code", form.get("code", "")), self.application.app_id, self._clock.now()
        )  # fmt: skip
        user = _living(people, code.user_id)
        return self._for_person(user, code.asked, own_root, has_second_factor=user.needs_second_factor)

    def _for_refresh(self, form: Mapping[str, str], own_root: str, people: Directory) -> Token:
        """Each use gives a new refresh token; the old one stays good for its own time, as the service has it."""
        self._check_public(form, own_root)
        claims = self._signer.read(form.get("refresh_token", ""))
        if claims is None or claims.get("typ") != "refresh":
            raise errors.wrong_grant_token()
        if not self._stands(claims):
            raise errors.revoked_grant()
        if claims["iat"] + _REFRESH_LIFETIME_S <= self._clock.now().timestamp():
            raise errors.expired_grant()
        user = _living(people, claims["oid"])
        if user.needs_second_factor and not claims["mfa"]:
            raise errors.needs_second_factor()
        before = Asked(
            audience=claims["aud"], permissions=tuple(claims["scp"]), openid=frozenset(claims["openid"])
        )  # fmt: skip
        asked = scopes.of_person(form["scope"], own_root) if form.get("scope") else before
        return self._for_person(user, asked, own_root, has_second_factor=claims["mfa"])

    def _check_public(self, form: Mapping[str, str], own_root: str) -> None:
        """A public client sends no credential; one that is not public must."""
        if "client_secret" in form or "client_assertion" in form or not self.application.is_public:
            self._check_credential(TENANT_ID, form, own_root)

    def _for_person(self, user: User, asked: Asked, own_root: str, *, has_second_factor: bool) -> Token:
        app = self.application
        if not app.is_consented or scopes.without(asked.permissions, app.scopes):
            raise errors.no_consent(app.app_id)
        known = {one.casefold(): one for one in app.scopes}
        granted = [known[one.casefold()] for one in asked.permissions] or list(app.scopes)
        person = {"oid": user.id, "upn": user.principal_name, "unique_name": user.principal_name, "name": user.name}
        factors = ["pwd", "mfa"] if has_second_factor else ["pwd"]
        claims = person | {"idtyp": "user", "scp": " ".join(granted), "email": user.address, "amr": factors}
        refresh = {
            "typ": "refresh", "aud": asked.audience, "oid": user.id, "scp": list(asked.permissions),
            "openid": sorted(asked.openid), "mfa": has_second_factor, "iat": self._stamp(),
            "gen": self._saved.generation, "uti": self._next_id(),
        }  # fmt: skip
        wanted = [f"{asked.audience}/{one}" for one in granted] + sorted(asked.openid - {"offline_access"})
        return Token(
            text=self._issue(asked.audience, claims),
            scope=" ".join(wanted),
            refresh=self._signer.sign(refresh) if "offline_access" in asked.openid else "",
            id_token=self._identify(user, own_root) if "openid" in asked.openid else "",
            user_id=user.id,
        )

    def _issue(self, audience: str, claims: Mapping[str, Any]) -> str:
        now = self._stamp()
        common = {
            "aud": audience, "iss": f"https://sts.windows.net/{TENANT_ID}/", "iat": now, "nbf": now,
            "exp": now + LIFETIME_S, "appid": self.application.app_id, "tid": TENANT_ID, "uti": self._next_id(),
            "ver": "1.0", "gen": self._saved.generation,
        }  # fmt: skip
        return self._signer.sign(common | dict(claims))

    def _identify(self, user: User, own_root: str) -> str:
        now = self._stamp()
        claims = {
            "aud": self.application.app_id, "iss": f"{own_root}/{TENANT_ID}/v2.0", "iat": now, "nbf": now,
            "exp": now + LIFETIME_S, "name": user.name, "oid": user.id, "preferred_username": user.principal_name,
            "sub": hashlib.sha256(user.id.encode()).hexdigest()[:43], "tid": TENANT_ID, "ver": "2.0",
        }  # fmt: skip
        return self._signer.sign(claims)

    def _stands(self, claims: Mapping[str, Any]) -> bool:
        """Whether the token is younger than every revocation that means it."""
        ends = (self._saved.revoked.get(one, 0) for one in ("", claims.get("oid", "")))
        return bool(claims.get("gen", 0) >= max(ends))

    def _taken_back(self) -> GraphError:
        return revoked_token(self._stamp() if self._saved.wants_claims else None)

    def _stamp(self) -> int:
        return int(self._clock.now().timestamp())

    def _next_id(self) -> str:
        self._issued += 1
        return str(self._issued)


def trace_id(moment: datetime, number: int) -> str:
    """A stand-in for the ids that the endpoint puts into its errors."""
    return str(UUID(hashlib.md5(f"{moment.isoformat()}{number}".encode(), usedforsecurity=False).hexdigest()))


def client_info(user_id: str) -> str:
    """How the endpoint names an account to the Microsoft Authentication Libraries."""
    return base64.urlsafe_b64encode(msgspec.json.encode({"uid": user_id, "utid": TENANT_ID})).decode().rstrip("=")


def _is_for_graph(claims: Mapping[str, Any]) -> bool:
    audience = str(claims.get("aud", ""))
    return "exp" in claims and "://" in audience and audience not in scopes.OTHER_RESOURCES


def _caller(claims: Mapping[str, Any]) -> Caller:
    if claims.get("idtyp") != "user":
        return Caller(app_id=claims["appid"], roles=frozenset(claims["roles"]))
    names = frozenset(str(claims[one]).casefold() for one in ("oid", "upn", "email"))
    scopes_held = frozenset(claims["scp"].split())
    return Caller(app_id=claims["appid"], scopes=scopes_held, user_id=claims["oid"], names=names)


def _living(people: Directory, user_id: str) -> User:
    user = people.users.get(user_id)
    if user is None:
        raise errors.no_person()
    if not user.is_enabled:
        raise errors.disabled_person()
    return user


def _means(audience: str, tenant: str, own_root: str) -> bool:
    """Whether an assertion's audience is the token endpoint or the issuer of this tenant, at a login host or here; with
    https even where the tenant is reached without, for MSAL insists on that."""
    paths = {f"/{name}{end}" for name in (tenant, TENANT_ID) for end in ("/oauth2/v2.0/token", "/v2.0", "")}
    rest, own_host = audience.partition("://")[2], own_root.partition("://")[2]
    host, slash, path = rest.partition("/")
    return (host == own_host or audience.startswith("https://login.")) and slash + path in paths
