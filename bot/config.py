"""Settings: one frozen value from a mapping of names; all problems are reported at once, and no secret is shown.

    FOYER_PUBLIC_URL      https address under which Microsoft 365 reaches this service
    FOYER_APP_ID          the bot's Microsoft app id
    FOYER_APP_SECRET      its secret
    FOYER_APP_TENANT      its home tenant; leave out for a bot of the older multi-tenant kind
    FOYER_METRICS_TOKEN   what Prometheus shows to read /metrics; leave out to serve it on this machine alone
    FOYER_HOST, FOYER_PORT, FOYER_DATA, FOYER_LOG_LEVEL, FOYER_LOG_FORM (json | human)
    REDIS_URL             where everything is kept, as redis://host:6379/0; leave out for SQLite in FOYER_DATA
    REDIS_ACCEPT_LOSS     1 to run on a Redis that may forget what it took
    FOYER_TENANTS         handles of the tenants served, as "contoso,fabrikam"; leave out for just one

and of each tenant, as FOYER_<HANDLE>_… (as FOYER_… where there is just one):

    TENANT_ID             its directory id
    TENANT_NAME           how administrators see it named
    CLIENT_ID             the app registration for Microsoft Graph in it
    CLIENT_SECRET         its secret
    CLOUD                 global | usgov-l4 | usgov-l5 | china
    ADMINS                Entra object ids of the administrators, with commas
    POLICY                path of the policy file
    ZONE                  IANA zone for people whose own nobody told, as Europe/Oslo
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.policy.loading import Policies, PolicyProblems, load

CLOUDS = ("global", "usgov-l4", "usgov-l5", "china")
SANDBOX_TENANT = "3f6b1c52-0d3e-4d8a-9a55-5f1c0a7e0001"
SANDBOX_ADMIN = "22222222-2222-4222-8222-222222222222"

_SERVICE = (
    "PUBLIC_URL",
    "APP_ID",
    "APP_SECRET",
    "APP_TENANT",
    "METRICS_TOKEN",
    "HOST",
    "PORT",
    "DATA",
    "LOG_LEVEL",
    "LOG_FORM",
    "TENANTS",
)
_TENANT = ("TENANT_ID", "TENANT_NAME", "CLIENT_ID", "CLIENT_SECRET", "CLOUD", "ADMINS", "POLICY", "ZONE")
_STORE = ("REDIS_URL", "REDIS_ACCEPT_LOSS")
_LEVELS, _FORMS = ("INFO", "DEBUG", "WARNING", "ERROR"), ("json", "human")
_ON_SANDBOX = frozenset({"FOYER_METRICS_TOKEN", "FOYER_LOG_LEVEL", "FOYER_LOG_FORM", "FOYER_POLICY"})
_OF_MAKE_RUN = frozenset({"FOYER_BOT_PORT", "FOYER_SANDBOX_PORT", "FOYER_EMPLOYEE_PORT", "FOYER_MANAGER_PORT"})
_ALIKE = 0.86  # REDIS_URI is like REDIS_URL, REDIS_USER and REDIS_PORT are not
# What Kubernetes sets in a pod for a service named foyer, and FOYER_PORT=tcp://… with it. Source:
# https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
_OF_KUBERNETES = re.compile(r"FOYER_(SERVICE_(HOST|PORT(_\w+)?)|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)")
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_PLACEHOLDER = re.compile(r"<.*>|\$\{.*\}|change.?me|your.*|xxx+|todo|secret|placeholder", re.IGNORECASE)
_PUBLIC = re.compile(r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?", re.IGNORECASE)
_REDIS = re.compile(
    r"rediss?://(?:[^@/\s]*@)?(?:[A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?(?:/[0-9]*)?|unix:///\S+"
)
_HANDLE = re.compile(r"[a-z][a-z0-9]{0,30}")


class ConfigProblems(ValueError):
    """Settings that cannot be run with. `problems` are sentences, each naming its setting and saying what to do."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(self.problems))


@dataclass(frozen=True, kw_only=True)
class TenantSettings:
    """`login` and `graph` are roots of a cloud that is not in the table, for the sandbox; '' otherwise."""

    tenant_id: str
    name: str
    client_id: str
    client_secret: str = field(repr=False)
    cloud: str = "global"
    login: str = ""
    graph: str = ""
    admins: frozenset[str] = frozenset()
    policies: Policies = field(default_factory=Policies, repr=False)
    zone: str = "UTC"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`sandbox` lets requests in without a token: only ever together with a loopback host. `reconcile` says that the
    store is older than the mailboxes, of one that cannot know it by itself."""

    tenants: tuple[TenantSettings, ...]
    public_url: str
    app_id: str
    app_secret: str = field(repr=False)
    app_tenant: str = ""
    host: str = "0.0.0.0"  # noqa: S104 - a service behind a proxy listens to it
    port: int = 3978
    data: Path = Path(".data")
    redis_url: str = field(default="", repr=False)  # holds a password; '' for SQLite
    accept_loss: bool = False
    log_level: str = "INFO"
    log_form: str = "json"
    sandbox: bool = False
    reconcile: bool = False
    metrics_token: str = field(default="", repr=False)

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> "Settings":
        """Reads names that start with FOYER_, and those of Redis; blocking, for it reads the policy files. Raises
        ConfigProblems."""
        return _Reading(values).settings()

    @classmethod
    def for_sandbox(cls, *, port: int, sandbox_port: int, data: Path, policy: str) -> "Settings":
        """The sandbox tenant on this machine, on SQLite. Raises ConfigProblems for a bad policy text."""
        root = f"http://127.0.0.1:{sandbox_port}"
        try:
            policies = load(policy)
        except PolicyProblems as wrong:
            raise ConfigProblems(wrong.problems) from wrong
        tenant = TenantSettings(
            tenant_id=SANDBOX_TENANT,
            name="Contoso (sandbox)",
            client_id="foyer",
            client_secret="foyer",  # noqa: S106 - the sandbox's own, known to everybody
            login=root,
            graph=root,
            admins=frozenset({SANDBOX_ADMIN}),
            policies=policies,
            zone="Europe/Amsterdam",
        )
        return cls(
            tenants=(tenant,),
            public_url=f"http://127.0.0.1:{port}",
            app_id="foyer-sandbox",
            app_secret="",
            host="127.0.0.1",
            port=port,
            data=data,
            log_form="human",
            sandbox=True,
        )

    def beside_sandbox(self, values: Mapping[str, str], *, redis: bool) -> "Settings":
        """The sandbox's, with those of an environment that count there: logs, the token for figures, the policy, and
        with `redis` the Redis that REDIS_URL names. Raises ConfigProblems, also for a name that is none."""
        counts = _counting(redis=redis)
        reading = _Reading({name: value for name, value in values.items() if name in counts})
        return reading.beside_sandbox(self, _unknown(values, _prefixes(_handles(values)), _OF_MAKE_RUN), redis=redis)


def not_on_sandbox(values: Mapping[str, str], *, redis: bool) -> list[str]:
    """The names of settings that are set and do not count in the sandbox."""
    ours = {name for name, value in values.items() if name.startswith("FOYER_") or name in _STORE if value.strip()}
    theirs = {name for name in ours if _OF_KUBERNETES.fullmatch(name)}
    return sorted(ours - theirs - _counting(redis=redis) - _OF_MAKE_RUN)


def _counting(*, redis: bool) -> frozenset[str]:
    return _ON_SANDBOX.union(_STORE if redis else ())


def _unknown(values: Mapping[str, str], prefixes: Iterable[str], more: Iterable[str] = ()) -> list[str]:
    """Problems with names. All that begins with FOYER_ is ours; of other names, for platforms set some that begin with
    REDIS_, only what looks like one of ours that is not set."""
    known = {f"FOYER_{name}" for name in _SERVICE} | {prefix + name for prefix in prefixes for name in _TENANT}
    known.update(_STORE, more)
    problems = []
    for name in sorted(values.keys() - known):
        said, is_ours = name.upper(), name.startswith("FOYER_")
        if not said.startswith(("FOYER", "REDIS")) or _OF_KUBERNETES.fullmatch(name):
            continue
        like = get_close_matches(said, sorted(known), 1, _ALIKE)
        like = like or get_close_matches(said.removeprefix("FOYER_"), _STORE, 1, _ALIKE)
        if like and (is_ours or (values[name].strip() and not values.get(like[0]))):
            problems.append(f"{name}: is not known: is {like[0]} meant?")
        elif is_ours:
            problems.append(f"{name}: is not known: check its spelling")
    return problems


def _handles(values: Mapping[str, str]) -> list[str]:
    return [handle.strip().lower() for handle in values.get("FOYER_TENANTS", "").split(",") if handle.strip()]


def _prefixes(handles: Iterable[str]) -> list[str]:
    return [f"FOYER_{handle.upper()}_" for handle in handles] or ["FOYER_"]


class _Reading:
    """One reading of a mapping: gathers problems instead of stopping at the first."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: value.strip() for name, value in values.items() if name.startswith("FOYER_")}
        self._redis = {name: values.get(name, "").strip() for name in _STORE}
        self._all = values
        self._problems: list[str] = [
            f"{name}: stands in quotes, which count as part of it here: leave them out"
            for name, value in (self._values | self._redis).items()
            if len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        ]

    def settings(self) -> Settings:
        tenants = tuple(self._tenant(prefix) for prefix in self._prefixes())
        redis_url, accept_loss = self.redis()
        settings = Settings(
            tenants=tenants,
            public_url=self._https("FOYER_PUBLIC_URL"),
            app_id=self._guid("FOYER_APP_ID"),
            app_secret=self._secret("FOYER_APP_SECRET"),
            app_tenant=self._guid("FOYER_APP_TENANT", needed=False),
            host=self._text("FOYER_HOST", "0.0.0.0"),  # noqa: S104 - as above
            port=self._number("FOYER_PORT", 3978),
            data=Path(self._text("FOYER_DATA", ".data")),
            redis_url=redis_url,
            accept_loss=accept_loss,
            log_level=self._one_of("FOYER_LOG_LEVEL", _LEVELS),
            log_form=self._one_of("FOYER_LOG_FORM", _FORMS),
            metrics_token=self._token("FOYER_METRICS_TOKEN"),
        )
        ids = [tenant.tenant_id for tenant in tenants if tenant.tenant_id]
        if len(set(ids)) < len(ids):
            self._problems.append("FOYER_TENANTS: two handles name the same TENANT_ID: leave one out")
        self.complain()
        return settings

    def complain(self) -> None:
        """Raises ConfigProblems where there were any."""
        if self._problems:
            raise ConfigProblems(self._problems)

    def redis(self, *, needed: bool = False) -> tuple[str, bool]:
        """The URL, never shown, for it may hold a password; and whether loss is accepted."""
        url, accepted = self._redis["REDIS_URL"], self._redis["REDIS_ACCEPT_LOSS"]
        if not url and needed:
            self._problems.append("REDIS_URL: is missing: set it to redis://host:6379/0")
        if url and not _REDIS.fullmatch(url):
            wanted = "redis://[user:password@]host:6379/0, rediss://… over TLS, or unix:///path"
            self._problems.append(f"REDIS_URL: must be {wanted}, with special characters of a password as %xx")
        if accepted not in ("", "1"):
            self._problems.append("REDIS_ACCEPT_LOSS: must be 1, or be left out")
        return url, accepted == "1"

    def beside_sandbox(self, settings: Settings, problems: Iterable[str], *, redis: bool) -> Settings:
        """With what was read. Raises ConfigProblems for those and its own."""
        self._problems += problems
        url, accept_loss = self.redis(needed=redis)
        policies = self._policies("FOYER_POLICY")
        level = self._one_of("FOYER_LOG_LEVEL", _LEVELS)
        form = self._one_of("FOYER_LOG_FORM", _FORMS[::-1])
        token = self._token("FOYER_METRICS_TOKEN")
        self.complain()
        tenants = settings.tenants
        if self._values.get("FOYER_POLICY"):
            tenants = tuple(replace(tenant, policies=policies) for tenant in tenants)
        return replace(
            settings,
            tenants=tenants,
            redis_url=url,
            accept_loss=accept_loss,
            log_level=level,
            log_form=form,
            metrics_token=token,
        )

    def _prefixes(self) -> list[str]:
        handles = _handles(self._values)
        bad = [handle for handle in handles if not _HANDLE.fullmatch(handle)]
        if bad:
            self._problems.append("FOYER_TENANTS: handles are short words of letters and digits, as “contoso,fabrikam”")
            handles = [handle for handle in handles if handle not in bad]
        prefixes = [] if bad and not handles else _prefixes(handles)
        self._problems += _unknown(self._all, prefixes)
        return prefixes

    def _tenant(self, prefix: str) -> TenantSettings:
        tenant_id = self._guid(prefix + "TENANT_ID")
        return TenantSettings(
            tenant_id=tenant_id,
            name=self._text(prefix + "TENANT_NAME", tenant_id),
            client_id=self._guid(prefix + "CLIENT_ID"),
            client_secret=self._secret(prefix + "CLIENT_SECRET"),
            cloud=self._one_of(prefix + "CLOUD", CLOUDS),
            admins=self._guids(prefix + "ADMINS"),
            policies=self._policies(prefix + "POLICY"),
            zone=self._zone(prefix + "ZONE"),
        )

    def _text(self, name: str, otherwise: str) -> str:
        return self._values.get(name) or otherwise

    def _needed(self, name: str, what: str) -> str:
        value = self._values.get(name, "")
        if not value:
            self._problems.append(f"{name}: is missing: set it to {what}")
        return value

    def _guid(self, name: str, *, needed: bool = True) -> str:
        what = "an id like 00000000-1111-2222-3333-444444444444"
        value = (self._needed(name, what) if needed else self._text(name, "")).lower()
        if value and not _GUID.fullmatch(value):
            self._problems.append(f"{name}: must be {what}")
        return value

    def _guids(self, name: str) -> frozenset[str]:
        ids = frozenset(part.strip().lower() for part in self._text(name, "").split(",") if part.strip())
        if not ids:
            self._problems.append(f"{name}: is missing: name at least one administrator by Entra object id")
        if any(not _GUID.fullmatch(one) for one in ids):
            self._problems.append(f"{name}: must be Entra object ids with commas between, not names or addresses")
        return ids

    def _secret(self, name: str) -> str:
        value = self._needed(name, "the secret's value")
        if value and _PLACEHOLDER.fullmatch(value):
            self._problems.append(f"{name}: is still a placeholder: set it to the secret's value")
        elif _GUID.fullmatch(value.lower()):
            self._problems.append(f"{name}: looks like the secret's id: set it to the secret's value")
        return value

    def _token(self, name: str) -> str:
        """A word of our own choosing, which may be left out."""
        value = self._text(name, "")
        if value and not re.fullmatch(r"[\x21-\x7e]{16,}", value):
            self._problems.append(f"{name}: must be 16 characters or more, without spaces: make one at random")
        return value

    def _https(self, name: str) -> str:
        value = self._needed(name, "the https address of this service").rstrip("/")
        if value and not _PUBLIC.fullmatch(value):
            self._problems.append(f"{name}: must be https://host, without a path: Microsoft 365 calls nothing else")
        return value

    def _number(self, name: str, otherwise: int) -> int:
        value = self._text(name, str(otherwise))
        if re.fullmatch("[0-9]{1,5}", value) and 0 < int(value) < 65536:
            return int(value)
        wanted = "must be a port number from 1 to 65535"
        if re.match("(tcp|udp|sctp)://", value):
            wanted = "was set by Kubernetes for a service named foyer: set it to a number, or enableServiceLinks: false"
        self._problems.append(f"{name}: {wanted}")
        return otherwise

    def _one_of(self, name: str, known: tuple[str, ...]) -> str:
        value = self._text(name, known[0])
        if value not in known:
            self._problems.append(f"{name}: must be one of {', '.join(known)}")
        return value

    def _zone(self, name: str) -> str:
        value = self._text(name, "UTC")
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones, as "Europe", is an OSError
            self._problems.append(f"{name}: is no zone that is known here: use a name like Europe/Oslo")
            return "UTC"

    def _policies(self, name: str) -> Policies:
        path = self._text(name, "")
        if not path:
            return Policies()
        try:
            return load(Path(path).read_text("utf-8"))
        except OSError as fault:
            self._problems.append(f"{name}: cannot be read ({fault.strerror}): check the path")
        except UnicodeDecodeError:
            self._problems.append(f"{name}: is not UTF-8 text: save it as UTF-8")
        except PolicyProblems as wrong:
            self._problems += [f"{name}: {problem}" for problem in wrong.problems]
        return Policies()
