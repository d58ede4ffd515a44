"""`app.py doctor`: looks at everything that Foyer rests on, and says of each what is wrong and how to mend it.

It may run beside the service, and changes nothing: the store is only looked into, calls of Microsoft Graph are reads.
But where no room has a subscription, it asks for one and gives it back: nothing else shows that Microsoft 365 reaches
the service.
"""

import ssl

import aiohttp

from bot.commands.findings import Finding, Level
from bot.commands.store_checks import store_findings
from bot.commands.tenant_checks import START_SANDBOX, tenant_findings
from bot.config import Settings
from bot.edges import credentials_of
from bot.ports.clock import Clock
from bot.teams.connector_errors import ConnectorError
from bot.tenant import NOTIFICATIONS

_REACH = aiohttp.ClientTimeout(total=10)


async def examine(settings: Settings, clock: Clock) -> list[Finding]:
    """Every finding, the service's own first, then each tenant's."""
    findings = [_settings(settings), *await store_findings(settings, clock)]
    address = settings.public_url + NOTIFICATIONS
    async with aiohttp.ClientSession() as session:
        findings.append(await _public_url(settings, session))
        findings.append(await _bot_credentials(settings, session, clock))
        for tenant in settings.tenants:
            findings += await tenant_findings(tenant, session, clock, address, sandbox=settings.sandbox)
    return findings


def _settings(settings: Settings) -> Finding:
    names = ", ".join(tenant.name for tenant in settings.tenants)
    return Finding(check="settings", level=Level.OK, said=f"complete, with policy, for {names}")


async def _public_url(settings: Settings, session: aiohttp.ClientSession) -> Finding:
    """From here; whether Microsoft 365 reaches it from outside, “notifications” tells."""
    url, check = settings.public_url, "public address"
    try:
        async with session.get(f"{url}/healthz", timeout=_REACH, allow_redirects=False) as answer:
            if answer.status != 200:
                fix = "Start Foyer, and let the proxy hand requests to its port unchanged."
                return Finding(check=check, level=Level.WARN, said=f"{url} answers {answer.status}", fix=fix)
        if await _echoes(url, session):
            return Finding(check=check, level=Level.OK, said=f"{url} answers, and as Microsoft 365 asks of it")
        fix = f"Let the proxy hand POST {NOTIFICATIONS} to Foyer's port with its query, unchanged."
        return Finding(check=check, level=Level.FAIL, said=f"{url} does not answer a validation", fix=fix)
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError, ssl.SSLError) as fault:
        said = f"{url} has no good certificate ({type(fault).__name__})"
        fix = "Put a certificate there that public clients trust, with its whole chain: Microsoft 365 calls no other."
        return Finding(check=check, level=Level.FAIL, said=said, fix=fix)
    except (aiohttp.ClientError, OSError) as fault:
        said = f"cannot be reached from here ({type(fault).__name__})"
        fix = "Start Foyer; check the name, the proxy and the firewall; from outside, try it from another network."
        fix = START_SANDBOX if settings.sandbox else fix
    return Finding(check=check, level=Level.WARN, said=f"{url} {said}", fix=fix)


async def _echoes(url: str, session: aiohttp.ClientSession) -> bool:
    """As Microsoft 365 does before it subscribes. Source:
    https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#notificationurl-validation"""
    token = {"validationToken": "doctor asks: is this you?"}
    async with session.post(url + NOTIFICATIONS, params=token, timeout=_REACH, allow_redirects=False) as answer:
        return answer.status == 200 and await answer.text() == token["validationToken"]


async def _bot_credentials(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> Finding:
    check = "bot credentials"
    if settings.sandbox:
        return Finding(check=check, level=Level.OK, said="none needed in the sandbox")
    try:
        await credentials_of(settings, session, clock).token()
    except ConnectorError as fault:
        fix = "Check FOYER_APP_ID, FOYER_APP_SECRET and FOYER_APP_TENANT against the bot's registration."
        return Finding(check=check, level=Level.FAIL, said=f"no token for Teams ({fault})", fix=fix)
    return Finding(check=check, level=Level.OK, said="a token for Teams was given")
