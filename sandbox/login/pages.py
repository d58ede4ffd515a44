"""The two pages that people see: where a device code is entered, and where an administrator consents.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code and v2-admin-consent
"""

from html import escape
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from sandbox import wire
from sandbox.login import errors
from sandbox.login.device import Answer
from sandbox.login.models import TENANT_ID
from sandbox.world import WORLD, World

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:4rem auto;padding:0 1rem}"
    "label{display:block;margin:1rem 0}input,select,button{font:inherit;padding:.5rem;min-height:2.75rem}"
    "input,select{width:100%;box-sizing:border-box}button{margin:1rem .5rem 0 0}"
)


async def show_device(request: web.Request) -> web.Response:
    return _device_page(request.app[WORLD], request.query.get("user_code", ""))


async def answer_device(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    form = await wire.form(request)
    user_code, answer = form.get("user_code", ""), form.get("answer", "")
    user = world.directory.user(form.get("as", ""))
    code = world.login.codes.waiting(user_code, world.clock.now())
    if code is None:
        return _device_page(world, user_code, "That code is not valid, or it has expired.", status=400)
    if answer not in set(Answer) or (answer == Answer.ALLOW and (user is None or not user.is_enabled)):
        return _device_page(world, user_code, "There is no enabled account with that address.", status=400)
    code.user_id, code.answer = user.id if user else "", Answer(answer)
    said = "You have signed in" if answer == Answer.ALLOW else "You have declined"
    return _page("Done", f"<p role=status>{said} on your device. You may close this window.</p>")


async def show_consent(request: web.Request) -> web.Response:
    """What the application asks for. The answer is posted to the same address."""
    app = request.app[WORLD].login.application
    problem = _consent_problem(request)
    if problem:
        return _page("Sorry", f"<p role=alert>{escape(problem)}</p>", status=400)
    asked = "".join(f"<li>{escape(one)}" for one in app.roles)
    body = (
        f"<p>{escape(app.name)} asks for these permissions, for the whole of Contoso:</p><ul>{asked}</ul>"
        "<form method=post><button name=answer value=accept>Accept</button>"
        "<button name=answer value=cancel>Cancel</button></form>"
    )
    return _page("Permissions requested", body)


async def answer_consent(request: web.Request) -> web.Response:
    problem = _consent_problem(request)
    if problem:
        return _page("Sorry", f"<p role=alert>{escape(problem)}</p>", status=400)
    is_accepted = (await wire.form(request)).get("answer") == "accept"
    values = {"admin_consent": "True", "tenant": TENANT_ID}
    if is_accepted:
        request.app[WORLD].login.application.is_consented = True
    else:
        described = "AADSTS65004: The admin declined to consent to access the app."
        values = {"error": "permission_denied", "error_description": described}
    if "state" in request.query:
        values["state"] = request.query["state"]
    if is_accepted and "scope" in request.query:
        values["scope"] = request.query["scope"]
    target = request.query["redirect_uri"]
    raise web.HTTPFound(f"{target}{'&' if '?' in target else '?'}{urlencode(values)}")


def _consent_problem(request: web.Request) -> str:
    login = request.app[WORLD].login
    tenant, client = request.match_info["tenant"], request.query.get("client_id", "")
    if not login.knows_tenant(tenant) and tenant.casefold() not in {"common", "organizations"}:
        error = errors.no_tenant(tenant)
    elif client != login.application.app_id:
        error = errors.no_application(client)
    elif urlsplit(request.query.get("redirect_uri", "")).hostname not in _LOOPBACK:
        return (
            "AADSTS50011: The redirect URI specified in the request does not match those configured for the "
            "application. This tenant redirects to this machine only."
        )
    else:
        return ""
    return f"AADSTS{error.number}: {error.message}"


def _device_page(world: World, user_code: str, problem: str = "", *, status: int = 200) -> web.Response:
    people = [one for one in world.directory.users.values() if one.purpose == "user" and one.is_enabled][:500]
    options = "".join(f"<option value='{escape(one.principal_name)}'>{escape(one.name)}" for one in people)
    warning = f"<p role=alert>{escape(problem)}</p>" if problem else ""
    body = (
        f"{warning}<form method=post><label>Code shown on your app or device"
        f"<input name=user_code autocomplete=off required value='{escape(user_code)}'></label>"
        "<label>Who you are (address)<input name=as type=email list=people autocomplete=off required></label>"
        f"<datalist id=people>{options}</datalist>"
        f"<p>{escape(world.login.application.name)} will act for you.</p>"
        "<button name=answer value=allow>Continue</button>"
        "<button name=answer value=deny formnovalidate>Cancel</button></form>"
    )
    return _page("Enter code", body, status=status)


def _page(title: str, body: str, *, status: int = 200) -> web.Response:
    text = (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{escape(title)}</title><style>{_STYLE}</style><main><h1>{escape(title)}</h1>{body}</main></html>"
    )
    # No other site may frame the page and have a press land on its buttons.
    headers = {"Content-Security-Policy": "frame-ancestors 'none'", "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)
