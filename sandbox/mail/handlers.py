"""Requests to send mail. Accepted does not mean delivered: https://learn.microsoft.com/graph/api/user-sendmail"""

from aiohttp import web

from sandbox import wire
from sandbox.calendar.requests import mailbox_of
from sandbox.errors import send_as_denied
from sandbox.front import CALLER
from sandbox.mail import sending
from sandbox.mail.sending import SendBody
from sandbox.world import WORLD


async def send_mail(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    mailbox = mailbox_of(world, request.match_info["user"])
    caller = request[CALLER]
    if caller.is_person and mailbox.address not in caller.names:
        raise send_as_denied()  # a right to send as somebody else is none of the tenant's
    letter = sending.read(await wire.body(request, SendBody))
    sending.send(world, mailbox.address, letter)
    return wire.accepted()
