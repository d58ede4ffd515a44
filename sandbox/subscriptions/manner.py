"""How the tenant's notification service behaves where the real one varies: settings for a test."""

from typing import Annotated, Literal

import msgspec

Seconds = Annotated[float, msgspec.Meta(ge=0, le=1e9)]


class Manner(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """`coalesce_s`: notifications for one endpoint wait that long for others and travel in one POST, at most
    `items_per_post` together. `resource_form` is how their resource is spelled; `mixed` is one of the others, by
    chance. `unique` refuses a second subscription for the same changes of the same resource. `watch_endpoints` delays
    or drops what goes to slow endpoints, judged once they were sent `least_posts` in ten minutes."""

    coalesce_s: Seconds = 0
    items_per_post: Annotated[int, msgspec.Meta(ge=1)] = 100
    resource_form: Literal["path", "quoted", "lower", "mixed"] = "path"
    unique: bool = False
    watch_endpoints: bool = True
    least_posts: Annotated[int, msgspec.Meta(ge=1)] = 20
