"""The URLs of the controls, under /sandbox."""

from aiohttp import web

from sandbox.control import handlers, notifications, rights, trouble

ROUTES: list[web.AbstractRouteDef] = [
    web.get("/sandbox/clock", handlers.get_clock),
    web.post("/sandbox/clock", handlers.advance_clock),
    web.post("/sandbox/outlook/book", handlers.book),
    web.post("/sandbox/outlook/move", handlers.move),
    web.post("/sandbox/outlook/cancel", handlers.cancel),
    web.post("/sandbox/outlook/respond", handlers.respond),
    web.get("/sandbox/outlook/meetings", handlers.list_meetings),
    web.get("/sandbox/mail", handlers.list_mail),
    web.get("/sandbox/faults", trouble.list_faults),
    web.get("/sandbox/faults/kinds", trouble.list_kinds),
    web.get("/sandbox/faults/history", trouble.list_history),
    web.post("/sandbox/faults/requests", trouble.add_request_fault),
    web.post("/sandbox/faults/notifications", trouble.add_notification_fault),
    web.post("/sandbox/faults/storm", trouble.add_storm),
    web.delete("/sandbox/faults", trouble.clear_faults),
    web.get("/sandbox/subscriptions", notifications.list_subscriptions),
    web.post("/sandbox/subscriptions/expire", notifications.expire_subscriptions),
    web.post("/sandbox/subscriptions/lifecycle", notifications.send_lifecycle),
    web.get("/sandbox/notifications", notifications.get_manner),
    web.patch("/sandbox/notifications", notifications.patch_manner),
    web.post("/sandbox/notifications/endpoints", notifications.put_endpoint),
    web.post("/sandbox/notifications/forge", notifications.forge),
    web.post("/sandbox/delta/invalidate", handlers.invalidate_delta),
    web.get("/sandbox/rooms/{room}", handlers.get_room),
    web.patch("/sandbox/rooms/{room}", handlers.patch_room),
    web.get("/sandbox/mailboxes/{mailbox}/rights", rights.list_rights),
    web.put("/sandbox/mailboxes/{mailbox}/rights", rights.grant_right),
    web.delete("/sandbox/mailboxes/{mailbox}/rights", rights.take_right),
    web.get("/sandbox/requests", handlers.list_requests),
    web.delete("/sandbox/requests", handlers.clear_requests),
    web.get("/sandbox/not-honoured", handlers.list_refused),
    web.post("/sandbox/reset", handlers.reset),
]
