"""The URLs of the directory, and of its controls. Fixed names stand before ids of the same place."""

from aiohttp import web

from sandbox.directory import applications, controls, feeds, groups, handlers, settings

_USER = "/v1.0/users/{user}"
_GROUP = "/v1.0/groups/{group}"
_GROUP_CAST = r"{cast:(?i:microsoft\.graph\.group|graph\.group)}"
_MEMBER_CAST = r"{cast:(?i:(?:microsoft\.)?graph\.user)}"
_DELTA = r"{delta:(?:microsoft\.graph\.)?delta(?:\(\))?}"

ROUTES: list[web.AbstractRouteDef] = [
    web.get("/v1.0/organization", handlers.list_organizations),
    web.get("/v1.0/users", handlers.list_users),
    web.get("/v1.0/users/$count", handlers.count),
    web.get(f"/v1.0/users/{_DELTA}", feeds.users_delta),
    web.get(_USER, handlers.get_user),
    web.get(f"{_USER}/manager", handlers.get_manager),
    web.get(f"{_USER}/memberOf", handlers.list_member_of),
    web.get(f"{_USER}/memberOf/{_GROUP_CAST}", handlers.list_member_of),
    web.get(f"{_USER}/transitiveMemberOf", handlers.list_transitive_member_of),
    web.get(f"{_USER}/transitiveMemberOf/{_GROUP_CAST}", handlers.list_transitive_member_of),
    web.post(f"{_USER}/checkMemberGroups", handlers.check_member_groups),
    web.post(f"{_USER}/getMemberGroups", handlers.get_member_groups),
    web.get(f"{_USER}/mailboxSettings", settings.get_settings),
    web.patch(f"{_USER}/mailboxSettings", settings.patch_settings),
    web.get(f"{_USER}/mailboxSettings/{{setting}}", settings.get_setting),
    web.get(f"{_USER}/outlook/supportedTimeZones", settings.list_time_zones),
    web.get(
        f"{_USER}/outlook/supportedTimeZones(TimeZoneStandard=microsoft.graph.timeZoneStandard'{{standard}}')",
        settings.list_time_zones,
    ),
    web.get("/v1.0/groups", groups.list_groups),
    web.get("/v1.0/groups/$count", handlers.count),
    web.get(f"/v1.0/groups/{_DELTA}", feeds.groups_delta),
    web.get(_GROUP, groups.get_group),
    web.get(f"{_GROUP}/members", groups.list_members),
    web.get(f"{_GROUP}/members/{_MEMBER_CAST}", groups.list_members),
    web.get(f"{_GROUP}/transitiveMembers", groups.list_transitive_members),
    web.get(f"{_GROUP}/transitiveMembers/{_MEMBER_CAST}", groups.list_transitive_members),
    web.post("/v1.0/directoryObjects/getByIds", handlers.get_by_ids),
    web.get("/v1.0/applications", applications.list_applications),
    web.get("/v1.0/applications(appId='{app_id}')", applications.get_application),
    web.get("/v1.0/applications(appId='{app_id}')/passwordCredentials", applications.list_passwords),
    web.get("/v1.0/applications/{application}", applications.get_application),
    web.get("/v1.0/applications/{application}/passwordCredentials", applications.list_passwords),
    web.get("/v1.0/servicePrincipals(appId='{app_id}')", applications.get_principal),
    web.get("/v1.0/servicePrincipals(appId='{app_id}')/appRoleAssignments", applications.list_assignments),
    web.post("/sandbox/directory/users", controls.create_user),
    web.patch("/sandbox/directory/users/{user}", controls.patch_user),
    web.delete("/sandbox/directory/users/{user}", controls.delete_user),
    web.post("/sandbox/directory/users/{user}/restore", controls.restore_user),
    web.post("/sandbox/directory/groups", controls.create_group),
    web.delete("/sandbox/directory/groups/{group}", controls.delete_group),
    web.post("/sandbox/directory/groups/{group}/members", controls.change_members),
    web.post("/sandbox/directory/invalidate", controls.invalidate),
]
