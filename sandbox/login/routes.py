"""The URLs of the login endpoint, of its pages and of its controls."""

from aiohttp import web

from sandbox.login import controls, handlers, pages

ROUTES: list[web.AbstractRouteDef] = [
    web.post("/{tenant}/oauth2/v2.0/token", handlers.token),
    web.post("/{tenant}/oauth2/v2.0/devicecode", handlers.device_code),
    web.get("/{tenant}/v2.0/.well-known/openid-configuration", handlers.configuration),
    web.get("/{tenant}/discovery/v2.0/keys", handlers.keys),
    web.get("/common/discovery/instance", handlers.instances),
    web.get("/devicelogin", pages.show_device),
    web.post("/devicelogin", pages.answer_device),
    web.get(r"/{tenant}/{version:(?:v2\.0/)?}adminconsent", pages.show_consent),
    web.post(r"/{tenant}/{version:(?:v2\.0/)?}adminconsent", pages.answer_consent),
    web.get("/sandbox/app", controls.get_app),
    web.patch("/sandbox/app", controls.patch_app),
    web.post("/sandbox/app/secrets", controls.add_secret),
    web.post("/sandbox/app/secrets/expire", controls.expire_secret),
    web.delete("/sandbox/app/secrets", controls.remove_key),
    web.post("/sandbox/app/certificates", controls.add_certificate),
    web.delete("/sandbox/app/certificates", controls.remove_key),
    web.post("/sandbox/app/tokens/revoke", controls.revoke_tokens),
    web.post("/sandbox/device/answer", controls.answer_device),
]
