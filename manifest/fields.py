"""Decides what each field of the manifest may hold: one rule to a field, and no field without a rule.

Source: the Teams app manifest schema 1.30 (developer.microsoft.com/json-schemas/teams/v1.30), tightened where the page
"Microsoft Teams store validation guidelines" asks for more, such as https and no tunnels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VERSION: Final = "1.30"
SCHEMA_URL: Final = f"https://developer.microsoft.com/en-us/json-schemas/teams/v{VERSION}/MicrosoftTeams.schema.json"
LANGUAGE_SCHEMA_URL: Final = SCHEMA_URL.replace("MicrosoftTeams.schema", "MicrosoftTeams.Localization.schema")

NO_GUID: Final = "00000000-0000-0000-0000-000000000000"
GUID: Final = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
# At least two labels, the last not a number: neither an address nor localhost.
HOST: Final = (
    r"(?=.{1,253}(?:/|$))(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])"
)


@dataclass(frozen=True)
class Rule:
    """`demand` completes the sentence "the field must be …"."""

    demand: str
    holds: Callable[[object], bool]


def like(pattern: str, demand: str) -> Rule:
    whole = re.compile(pattern)
    return Rule(demand, lambda value: isinstance(value, str) and whole.fullmatch(value) is not None)


def text(most: int) -> Rule:
    demand = f"a text of 1 to {most} characters"
    return Rule(demand, lambda value: isinstance(value, str) and bool(value.strip()) and len(value) <= most)


def among(*choices: str) -> Rule:
    return Rule(" or ".join(choices), lambda value: value in choices)


GUID_RULE: Final = Rule(
    f"a GUID such as 3f2504e0-4f89-41d3-9a0c-0305e82c3301, and not {NO_GUID}",
    lambda value: isinstance(value, str) and re.fullmatch(GUID, value) is not None and value != NO_GUID,
)
HOST_RULE: Final = like(HOST, "a bare host name such as foyer.contoso.com, without scheme, port or path")
SEMVER_RULE: Final = like(
    r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2}", "three numbers such as 1.4.0, raised on every change"
)

_FLAG: Final = Rule("true or false", lambda value: isinstance(value, bool))
_URL: Final = like(rf"https://{HOST}(?:/\S*)?", "an https address on a public host, without a port")
_PNG: Final = like(r"[\w-]+\.png", "the plain name of a PNG file, since the package has no folders")
_JSON: Final = like(r"[\w-]+\.json", "the plain name of a JSON file, since the package has no folders")
_TAG: Final = like(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,2}", "a language tag such as nl or nl-be")
_SCOPE: Final = among("personal", "team", "groupChat")
_NOT_A_BOT_FOR_ALERTS: Final = Rule("false, because people talk to this bot", lambda value: value is False)

FIELDS: Final[Mapping[str, Rule]] = {
    "$schema": among(SCHEMA_URL),
    "manifestVersion": among(VERSION),
    "version": SEMVER_RULE,
    "id": GUID_RULE,
    "localizationInfo.defaultLanguageTag": _TAG,
    "localizationInfo.additionalLanguages[].languageTag": _TAG,
    "localizationInfo.additionalLanguages[].file": _JSON,
    "developer.name": text(32),
    "developer.websiteUrl": _URL,
    "developer.privacyUrl": _URL,
    "developer.termsOfUseUrl": _URL,
    "name.short": text(30),
    "name.full": text(100),
    "description.short": text(80),
    "description.full": text(4000),
    "description.features[].title": text(45),
    "description.features[].description": text(120),
    "icons.color": _PNG,
    "icons.outline": _PNG,
    "icons.color32x32": _PNG,
    "accentColor": like(r"#[0-9a-fA-F]{6}", "a color such as #0B5F6B"),
    "bots[].botId": GUID_RULE,
    "bots[].scopes[]": _SCOPE,
    "bots[].supportsFiles": _FLAG,
    "bots[].isNotificationOnly": _NOT_A_BOT_FOR_ALERTS,
    "bots[].supportsTargetedMessages": _FLAG,
    "bots[].commandLists[].scopes[]": _SCOPE,
    "bots[].commandLists[].triggers[]": among("mention", "slash"),
    "bots[].commandLists[].commands[].title": like(
        r"[^/\s].{0,127}", "a text of 1 to 128 characters without a leading /"
    ),
    "bots[].commandLists[].commands[].description": text(4000),
    "defaultInstallScope": _SCOPE,
    "defaultGroupCapability.team": among("bot"),
    "defaultGroupCapability.groupchat": among("bot"),
    "supportsChannelFeatures": among("tier1"),
    "validDomains[]": like(rf"(?:\*\.)*{HOST}", "a host name, its wildcards whole and in front, such as *.contoso.com"),
}

# Lists, with the least and the most entries they may have.
SIZES: Final[Mapping[str, tuple[int, int]]] = {
    "localizationInfo.additionalLanguages": (1, 100),
    "description.features": (1, 3),
    "bots": (1, 1),
    "bots[].scopes": (1, 3),
    "bots[].commandLists": (1, 3),
    "bots[].commandLists[].scopes": (1, 3),
    "bots[].commandLists[].triggers": (1, 2),
    "bots[].commandLists[].commands": (1, 12),
    "validDomains": (0, 100),
}

REQUIRED: Final = (
    "$schema",
    "manifestVersion",
    "version",
    "id",
    "localizationInfo.defaultLanguageTag",
    "developer.name",
    "developer.websiteUrl",
    "developer.privacyUrl",
    "developer.termsOfUseUrl",
    "name.short",
    "name.full",
    "description.short",
    "description.full",
    "icons.color",
    "icons.outline",
    "accentColor",
    "bots[0].botId",
    "bots[0].scopes[0]",
    "defaultInstallScope",
)

# What a language file translates: all that a person reads.
LOCALIZABLE: Final = frozenset(
    {
        "name.short",
        "name.full",
        "description.short",
        "description.full",
        "description.features[].title",
        "description.features[].description",
        "bots[].commandLists[].commands[].title",
        "bots[].commandLists[].commands[].description",
    }
)


def general(path: str) -> str:
    """The path without its indexes: `bots[0].scopes[2]` is `bots[].scopes[]`."""
    return re.sub(r"\[\d+\]", "[]", path)
