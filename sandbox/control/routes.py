"""The URLs of the controls, under /sandbox."""

from aiohttp import web

from sandbox.control import handlers

ROUTES: list[web.AbstractRouteDef] = [
    web.get("/sandbox/clock", handlers.get_clock),
    web.post("/sandbox/clock", handlers.advance_clock),
    web.post("/sandbox/outlook/book", handlers.book),
    web.post("/sandbox/outlook/move", handlers.move),
    web.post("/sandbox/outlook/cancel", handlers.cancel),
    web.post("/sandbox/outlook/respond", handlers.respond),
    web.get("/sandbox/outlook/meetings", handlers.list_meetings),
    web.get("/sandbox/mail", handlers.list_mail),
    web.get("/sandbox/faults", handlers.list_faults),
    web.post("/sandbox/faults/requests", handlers.add_request_fault),
    web.post("/sandbox/faults/notifications", handlers.add_notification_fault),
    web.delete("/sandbox/faults", handlers.clear_faults),
    web.get("/sandbox/subscriptions", handlers.list_subscriptions),
    web.post("/sandbox/subscriptions/expire", handlers.expire_subscriptions),
    web.post("/sandbox/subscriptions/lifecycle", handlers.send_lifecycle),
    web.post("/sandbox/delta/invalidate", handlers.invalidate_delta),
    web.get("/sandbox/rooms/{room}", handlers.get_room),
    web.patch("/sandbox/rooms/{room}", handlers.patch_room),
    web.get("/sandbox/requests", handlers.list_requests),
    web.delete("/sandbox/requests", handlers.clear_requests),
    web.post("/sandbox/reset", handlers.reset),
]
