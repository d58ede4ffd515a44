"""Who may come in: every way a token can be wrong, and what an unsigned part of the activity may not do."""

import base64
import hashlib
import hmac
import json
import random
import string
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bot.teams.claims import Claims, Refused
from bot.teams.jwks import KeySet
from bot.teams.references import ServiceUrls
from bot.teams.verifier import Admission, DangerouslyUnauthenticatedOnLoopback, Verifier
from tests.unit.teams.kit import (
    APP_ID,
    ISSUER,
    NOW,
    OTHER_TENANT,
    SERVICE_URL,
    TENANT,
    KeysHost,
    ManualClock,
    activity,
    claims,
    press,
    private_key,
    public_jwk,
    signed,
)

MOMENT = NOW.timestamp()
ADMISSION = Admission(app_id=APP_ID, tenants=frozenset({TENANT}))


@pytest.fixture
async def door() -> AsyncIterator[Verifier]:
    keys = [
        public_jwk("k1"),
        public_jwk("webchat-only", endorsements=["webchat"]),
        public_jwk("no-endorsements", endorsements=[]),
        public_jwk("for-encryption", use="enc"),
        public_jwk("short", "short", bits=1024),
    ]
    clock = ManualClock()
    async with KeysHost(keys=keys) as host, aiohttp.ClientSession() as session:
        key_set = KeySet(session, clock, metadata_url=host.url + "/metadata")
        yield Verifier(key_set, ADMISSION, clock)
        await key_set.close()


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _part(value: object) -> str:
    return _b64(json.dumps(value).encode())


def _by_hand(header: dict[str, Any], payload: object, signature: bytes = b"") -> str:
    return f"{_part(header)}.{_part(payload)}.{_b64(signature)}"


def _hs256_with_the_public_key() -> str:
    pem = private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    start = f"{_part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'k1'})}.{_part(claims())}"
    return f"{start}.{_b64(hmac.new(pem, start.encode(), hashlib.sha256).digest())}"


def _signed_as_it_stands(header: dict[str, Any]) -> str:
    """PyJWT takes headers away that it would not write."""
    start = f"{_part(header)}.{_part(claims())}"
    return f"{start}.{_b64(private_key().sign(start.encode(), PKCS1v15(), SHA256()))}"


def _with_part(index: int, replacement: str) -> str:
    parts = signed(claims()).split(".")
    parts[index] = replacement
    return ".".join(parts)


def _flipped_signature() -> str:
    head, payload, signature = signed(claims()).split(".")
    return f"{head}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}"


MUTATIONS: dict[str, Any] = {
    "no header": lambda: "",
    "another scheme": lambda: "Basic " + signed(claims()),
    "scheme alone": lambda: "Bearer",
    "scheme and blank": lambda: "Bearer ",
    "garbage": lambda: "Bearer garbage",
    "three empty parts": lambda: "Bearer ..",
    "four parts": lambda: f"Bearer {signed(claims())}.x",
    "not ascii": lambda: f"Bearer {signed(claims())}é",
    "very long": lambda: "Bearer " + "a" * 20_000 + ".b.c",
    "two tokens": lambda: f"Bearer {signed(claims())} {signed(claims())}",
    "alg none, unsigned": lambda: "Bearer " + _by_hand({"alg": "none", "kid": "k1"}, claims()),
    "alg None in capitals": lambda: "Bearer " + _by_hand({"alg": "NONE", "kid": "k1"}, claims()),
    "alg none over a real signature": lambda: "Bearer " + _with_part(0, _part({"alg": "none", "kid": "k1"})),
    "HS256 with the public key": lambda: "Bearer " + _hs256_with_the_public_key(),
    "RS512": lambda: "Bearer " + jwt.encode(claims(), private_key(), algorithm="RS512", headers={"kid": "k1"}),
    "PS256": lambda: "Bearer " + jwt.encode(claims(), private_key(), algorithm="PS256", headers={"kid": "k1"}),
    "alg missing": lambda: "Bearer " + _by_hand({"kid": "k1"}, claims(), b"x" * 256),
    "alg not text": lambda: "Bearer " + _by_hand({"alg": ["RS256"], "kid": "k1"}, claims(), b"x" * 256),
    "header not JSON": lambda: "Bearer " + _with_part(0, _b64(b"{")),
    "header a list": lambda: "Bearer " + _with_part(0, _part([])),
    "header nested deeply": lambda: "Bearer " + _with_part(0, _b64(b"[" * 5_000)),
    "kid missing": lambda: "Bearer " + signed(claims(), kid=None),
    "kid empty": lambda: "Bearer " + signed(claims(), kid=""),
    "kid unknown": lambda: "Bearer " + signed(claims(), kid="k9"),
    "kid a number": lambda: "Bearer " + _by_hand({"alg": "RS256", "kid": 7}, claims(), b"x" * 256),
    "kid a path": lambda: "Bearer " + signed(claims(), kid="../../etc/passwd"),
    "kid very long": lambda: "Bearer " + signed(claims(), kid="k" * 1_000),
    "kid of a key for encryption": lambda: "Bearer " + signed(claims(), kid="for-encryption"),
    "kid of a key too short": lambda: (
        "Bearer " + jwt.encode(claims(), private_key("short", 1024), algorithm="RS256", headers={"kid": "short"})
    ),
    "critical extension": lambda: "Bearer " + signed(claims(), crit=["exp"], exp=1),
    "unencoded payload extension": lambda: "Bearer " + _signed_as_it_stands({"alg": "RS256", "kid": "k1", "b64": True}),
    "own key in the header": lambda: "Bearer " + signed(claims(), name="stranger", jwk=public_jwk("k1", "stranger")),
    "signed by another key": lambda: "Bearer " + signed(claims(), name="stranger"),
    "signature altered": lambda: "Bearer " + _flipped_signature(),
    "signature empty": lambda: "Bearer " + _with_part(2, ""),
    "signature not base64": lambda: "Bearer " + _with_part(2, "!!!!"),
    "payload altered": lambda: "Bearer " + _with_part(1, _part(claims(exp=MOMENT + 7200))),
    "payload not an object": lambda: "Bearer " + _by_hand({"alg": "RS256", "kid": "k1"}, [], b"x" * 256),
    "issuer wrong": lambda: "Bearer " + signed(claims(iss="https://sts.windows.net/x/")),
    "issuer of the emulator": lambda: (
        "Bearer " + signed(claims(iss="https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0"))
    ),
    "issuer with a slash": lambda: "Bearer " + signed(claims(iss=ISSUER + "/")),
    "issuer missing": lambda: "Bearer " + signed(claims(iss=None)),
    "audience wrong": lambda: "Bearer " + signed(claims(aud=OTHER_TENANT)),
    "audience missing": lambda: "Bearer " + signed(claims(aud=None)),
    "audience a list with ours": lambda: "Bearer " + signed(claims(aud=[APP_ID, "x"])),
    "audience empty": lambda: "Bearer " + signed(claims(aud="")),
    "expired beyond the skew": lambda: "Bearer " + signed(claims(exp=MOMENT - 300)),
    "expiry missing": lambda: "Bearer " + signed(claims(exp=None)),
    "expiry as text": lambda: "Bearer " + signed(claims(exp="4102444800")),
    "expiry true": lambda: "Bearer " + signed(claims(exp=True)),
    "expiry infinite": lambda: "Bearer " + signed(claims(exp=float("inf"))),
    "expiry beyond numbers": lambda: "Bearer " + signed(claims(exp=10**400)),
    "not yet valid": lambda: "Bearer " + signed(claims(nbf=MOMENT + 301)),
    "begin as text": lambda: "Bearer " + signed(claims(nbf="0")),
    "service url unclaimed": lambda: "Bearer " + signed(claims(serviceurl=None)),
    "service url claimed empty": lambda: "Bearer " + signed(claims(serviceurl="")),
    "service url claimed as a list": lambda: "Bearer " + signed(claims(serviceurl=[SERVICE_URL])),
    "service url of another": lambda: "Bearer " + signed(claims(serviceurl="https://smba.trafficmanager.net/amer/")),
    "endorsed for another channel": lambda: "Bearer " + signed(claims(), kid="webchat-only"),
    "endorsed for none": lambda: "Bearer " + signed(claims(), kid="no-endorsements"),
}

MISFITS: dict[str, dict[str, Any]] = {
    "service url missing": {"serviceUrl": None},
    "service url empty": {"serviceUrl": ""},
    "service url an object": {"serviceUrl": {}},
    "service url altered": {"serviceUrl": "https://smba.trafficmanager.net/amer/"},
    "service url on another host": {"serviceUrl": "https://evil.example/"},
    "channel missing": {"channelId": None},
    "another channel": {"channelId": "webchat"},
    "channel in capitals": {"channelId": "MSTEAMS"},
    "foreign tenant": {"channelData": {"tenant": {"id": OTHER_TENANT}}, "conversation": {"id": "a"}},
    "tenants that differ": {"channelData": {"tenant": {"id": OTHER_TENANT}}},
    "foreign tenant behind ours": {"conversation": {"id": "a", "tenantId": OTHER_TENANT}},
    "no tenant": {"channelData": {}, "conversation": {"id": "a"}},
    "tenant not text": {"channelData": {"tenant": {"id": 7}}},
    "channel data a list": {"channelData": []},
    "conversation a list": {"conversation": []},
}


# (status, code) → the mutations and misfits that must be told so
TOLD: dict[tuple[int, str], tuple[str, ...]] = {
    (401, "token.missing"): (
        "no header",
        "another scheme",
    ),
    (401, "token.malformed"): (
        "scheme alone",
        "scheme and blank",
        "garbage",
        "three empty parts",
        "four parts",
        "not ascii",
        "very long",
        "two tokens",
        "header not JSON",
        "header a list",
        "header nested deeply",
        "kid a number",
        "critical extension",
        "unencoded payload extension",
        "signature not base64",
    ),
    (401, "token.algorithm"): (
        "alg none, unsigned",
        "alg None in capitals",
        "alg none over a real signature",
        "HS256 with the public key",
        "RS512",
        "PS256",
        "alg missing",
        "alg not text",
    ),
    (401, "token.key_unknown"): (
        "kid missing",
        "kid empty",
        "kid unknown",
        "kid a path",
        "kid very long",
        "kid of a key for encryption",
        "kid of a key too short",
    ),
    (401, "token.signature"): (
        "own key in the header",
        "signed by another key",
        "signature altered",
        "signature empty",
        "payload altered",
        "payload not an object",
    ),
    (401, "token.issuer"): (
        "issuer wrong",
        "issuer of the emulator",
        "issuer with a slash",
        "issuer missing",
    ),
    (401, "token.audience"): (
        "audience wrong",
        "audience missing",
        "audience a list with ours",
        "audience empty",
    ),
    (401, "token.expired"): ("expired beyond the skew",),
    (401, "token.claims"): (
        "expiry missing",
        "expiry as text",
        "expiry true",
        "expiry infinite",
        "expiry beyond numbers",
        "begin as text",
    ),
    (401, "token.early"): ("not yet valid",),
    (403, "service_url.unclaimed"): (
        "service url unclaimed",
        "service url claimed empty",
        "service url claimed as a list",
    ),
    (403, "service_url.mismatch"): (
        "service url of another",
        "service url altered",
    ),
    (403, "endorsement.missing"): (
        "endorsed for another channel",
        "endorsed for none",
    ),
    (403, "service_url.missing"): (
        "service url missing",
        "service url empty",
        "service url an object",
    ),
    (403, "service_url.not_allowed"): ("service url on another host",),
    (403, "channel.unsupported"): (
        "channel missing",
        "another channel",
        "channel in capitals",
    ),
    (403, "tenant.foreign"): ("foreign tenant",),
    (403, "tenant.conflicting"): (
        "tenants that differ",
        "foreign tenant behind ours",
    ),
    (403, "tenant.missing"): ("no tenant",),
    (403, "id.not_text"): ("tenant not text",),
    (403, "channelData.not_an_object"): ("channel data a list",),
    (403, "conversation.not_an_object"): ("conversation a list",),
}
REFUSALS = {name: Refused(*told) for told, names in TOLD.items() for name in names}


async def test_a_good_token_is_admitted_with_what_it_proves(door: Verifier) -> None:
    answer = await door.admit("Bearer " + signed(claims()), activity(), "203.0.113.7")

    assert answer == Claims(app_id=APP_ID, issuer=ISSUER, service_url=SERVICE_URL, tenant=TENANT)


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits")
@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_wrong_token_is_refused(door: Verifier, mutation: str) -> None:
    answer = await door.admit(MUTATIONS[mutation](), activity(), "203.0.113.7")

    assert answer == REFUSALS[mutation]
    assert isinstance(answer, Refused)
    assert answer.status in {401, 403}


def test_there_are_at_least_forty_wrong_tokens() -> None:
    assert len(MUTATIONS) >= 40


async def test_a_token_with_any_one_character_changed_is_refused(door: Verifier) -> None:
    rng = random.Random(20261121)  # noqa: S311 - a seed, so that a failure can be seen again
    good = "Bearer " + signed(claims())
    characters = string.printable + "é\x00"

    for _ in range(2_000):
        at = rng.randrange(6, len(good) - 1)  # not the last: some of its bits are not the signature's
        changed = good[:at] + rng.choice(characters) + good[at + rng.randrange(2) :]
        if changed != good:
            answer = await door.admit(changed, activity(), "")
            assert isinstance(answer, Refused), changed
            assert answer.status == 401


@pytest.mark.parametrize("misfit", MISFITS)
async def test_an_activity_that_does_not_fit_its_good_token_is_forbidden(door: Verifier, misfit: str) -> None:
    answer = await door.admit("Bearer " + signed(claims()), activity(**MISFITS[misfit]), "203.0.113.7")

    assert answer == REFUSALS[misfit]
    assert isinstance(answer, Refused)
    assert answer.status == 403


@pytest.mark.parametrize(
    "moments", [{"exp": MOMENT - 299}, {"nbf": MOMENT + 299}, {"nbf": None}, {"exp": MOMENT + 0.5}]
)
async def test_a_clock_five_minutes_off_is_forgiven(door: Verifier, moments: dict[str, Any]) -> None:
    answer = await door.admit("Bearer " + signed(claims(**moments)), activity(), "203.0.113.7")

    assert isinstance(answer, Claims)


async def test_the_scheme_is_known_in_any_case_and_invokes_come_in_too(door: Verifier) -> None:
    assert isinstance(await door.admit("bearer " + signed(claims()), press(), ""), Claims)


@pytest.mark.parametrize(
    "url",
    [
        "http://smba.trafficmanager.net/emea/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://evil.example/smba.trafficmanager.net/",
        "https://user@smba.trafficmanager.net/",
        "https://smba.trafficmanager.net:8443/",
        "https://smba.trafficmanager.net@evil.example/",
        "https://smba.trafficmanager.net\\@evil.example/",
        "https://smba.trafficmanager.net/?x=1",
        "https://smba.trafficmanager.net/#x",
        "https://smba.trafficmanager.net/../x",
        "https://smba.trafficmanager.net/%2e%2e/",
        "https://smba.trafficmanager.net/\n",
        " https://smba.trafficmanager.net/",
        "https://169.254.169.254/",
        "//smba.trafficmanager.net/",
        "https://",
        "https://teams.microsoft.com.evil.example/",
        "http://127.0.0.1:3978/",
        "https://smba.trafficmanager.net/" + "a" * 600,
    ],
)
def test_no_other_address_may_see_our_token(url: str) -> None:
    assert not ServiceUrls().allow(url)
    assert not ServiceUrls(frozenset({"*.teams.microsoft.com", "smba.trafficmanager.net"})).allow(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://smba.trafficmanager.net/emea/",
        "https://smba.trafficmanager.net",
        "https://smba.trafficmanager.net:443/teams/",
        "https://smba.infra.gcc.teams.microsoft.com/teams",
        "https://smba.infra.gov.teams.microsoft.us/teams/",
    ],
)
def test_the_channels_own_addresses_may(url: str) -> None:
    assert ServiceUrls().allow(url)


def test_a_starred_host_stands_for_those_below_it_alone() -> None:
    urls = ServiceUrls(frozenset({"*.teams.microsoft.com"}))

    assert urls.allow("https://smba.infra.gcc.teams.microsoft.com/teams")
    assert not urls.allow("https://teams.microsoft.com/")
    assert not urls.allow("https://evilteams.microsoft.com/")


def test_an_empty_app_id_or_no_tenant_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="app id"):
        Admission(app_id="", tenants=frozenset({TENANT}))
    with pytest.raises(ValueError, match="tenant"):
        Admission(app_id=APP_ID, tenants=frozenset())


LOOPBACK = "http://127.0.0.1:56150/_connector"


@pytest.mark.parametrize(
    ("peer", "changes", "opens"),
    [
        ("127.0.0.1", {"serviceUrl": LOOPBACK}, True),
        ("::1", {"serviceUrl": "http://localhost:9/"}, True),
        ("203.0.113.7", {"serviceUrl": LOOPBACK}, False),
        ("", {"serviceUrl": LOOPBACK}, False),
        ("localhost", {"serviceUrl": LOOPBACK}, False),
        ("127.0.0.1", {}, False),
        ("127.0.0.1", {"serviceUrl": "http://127.0.0.1.evil.example/"}, False),
        ("127.0.0.1", {"serviceUrl": "http://127.0.0.1@evil.example/"}, False),
        ("127.0.0.1", {"serviceUrl": LOOPBACK, "channelId": "emulator"}, False),
        ("127.0.0.1", {"serviceUrl": LOOPBACK, "channelData": {"tenant": {"id": OTHER_TENANT}}}, False),
    ],
)
async def test_the_open_door_opens_on_this_machine_alone(peer: str, changes: dict[str, Any], opens: bool) -> None:
    door = DangerouslyUnauthenticatedOnLoopback(ADMISSION)

    answer = await door.admit("", activity(**changes), peer)

    assert isinstance(answer, Claims) is opens
    assert not (isinstance(answer, Claims) and answer.proven)
