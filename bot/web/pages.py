"""The three pages that people can reach without signing in: what this is, what it keeps, on what terms."""

from aiohttp import web
from aiohttp.typedefs import Handler

_FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 3rem auto; padding: 0 1.25rem; }}
h1 {{ font-size: 1.6rem; }}
h2 {{ font-size: 1.1rem; margin-top: 2rem; }}
nav a {{ margin-right: 1.25rem; }}
</style>
</head>
<body>
<nav><a href="/">Foyer</a><a href="/privacy">Privacy</a><a href="/terms">Terms</a></nav>
<h1>{title}</h1>
{body}
</body>
</html>
"""
_HOME = """<p>Foyer is a Microsoft Teams bot with which people book meeting rooms by chatting. You talk to it
in Teams: open
the app there and say “book a room for 6 tomorrow at 15:00”. There is nothing to sign in to on this page.</p>
"""
_PRIVACY = """<p>This service is run by your organization; its administrators decide who may use it and for how
long data
are kept. It keeps what booking rooms needs, and nothing else.</p>
<h2>What is kept</h2>
<ul>
<li>Of people who talk to it: name, mail address, directory id, language, time zone, and the way to their chat.</li>
<li>Of bookings: who, which room, when, the subject that was typed, and how each was decided and why.</li>
<li>Of room calendars: time, organizer and state of each meeting, so that free rooms can be found.</li>
</ul>
<h2>What is not kept</h2>
<ul>
<li>What else is said in chats. Messages are read to answer them, and then forgotten.</li>
<li>Passwords and access tokens.</li>
<li>Subjects, addresses and messages in logs.</li>
</ul>
<h2>Who sees it</h2>
<p>You see your own bookings. Others see that a room is taken, not by whom or why. Your manager is told of confirmed
bookings where your organization has switched that on. Nothing is passed on to others.</p>
<h2>Your rights</h2>
<p>Ask your organization's administrators to see, correct or erase what is kept about you.</p>
"""
_TERMS = """<p>This service is run by your organization for its own people, under its own rules of use. The
software is free
and open, under the MIT license, and comes without warranty of any kind.</p>
<p>A room is yours when the card says “Booked”, not before. Rooms are granted by the rules that your
organization has set;
a decline names its reasons.</p>
"""


def routes() -> list[web.RouteDef]:
    return [
        web.get("/", _page("Foyer", _HOME)),
        web.get("/privacy", _page("Privacy", _PRIVACY)),
        web.get("/terms", _page("Terms of use", _TERMS)),
    ]


def _page(title: str, body: str) -> Handler:
    html = _FRAME.format(title=title, body=body)

    async def show(_request: web.Request) -> web.Response:
        return web.Response(text=html, content_type="text/html")

    return show
