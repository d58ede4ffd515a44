"""Makes every error that the tenant answers with: Graph's statuses, codes and messages, in one place.

Codes and messages: https://learn.microsoft.com/graph/errors, the reference page of each call, and public reports of
what the service says where the reference is silent.
"""

import base64


class GraphError(Exception):
    """An answer other than success, as Graph words it. `extra` stands beside code and message."""

    def __init__(self, status: int, code: str, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        self.extra: dict[str, str] = {}


def not_honoured(what: str) -> GraphError:
    return GraphError(501, "NotImplemented", f"The sandbox tenant does not honour {what}. See docs/sandbox.md.")


def bad_request(message: str, *, code: str = "BadRequest") -> GraphError:
    return GraphError(400, code, message)


def bad_body(message: str) -> GraphError:
    return GraphError(400, "RequestBodyRead", message)


def bad_query(message: str) -> GraphError:
    return GraphError(400, "RequestBroker--ParseUri", message)


def bad_zone(name: str) -> GraphError:
    message = f"A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'."
    return GraphError(400, "TimeZoneNotSupportedException", message)


def no_window() -> GraphError:
    message = (
        "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime."
    )
    return GraphError(400, "ErrorInvalidParameter", message)


def cannot_complete(why: str) -> GraphError:
    return GraphError(400, "ErrorInvalidRequest", f"Your request can't be completed. {why}")


def failed_validation(why: str) -> GraphError:
    return GraphError(400, "ErrorPropertyValidationFailure", f"At least one property failed validation. {why}")


def used_transaction_id(status: int = 400, *, existing_id: str = "") -> GraphError:
    """`existing_id` is named in the answer where it is given."""
    message = (
        "Your request can't be completed. The TransactionId specified in the request has already been used to create "
        "a different event."
    )
    error = GraphError(status, "ErrorDuplicateTransactionId", message)
    if existing_id:
        error.extra["@event.existingEventId"] = existing_id
    return error


def duration_too_long() -> GraphError:
    message = "The duration of the calendar item is too long: it can last five years at most."
    return GraphError(400, "ErrorCalendarDurationIsTooLong", message)


def outside_of_calendar(text: str) -> GraphError:
    return GraphError(400, "ErrorInvalidParameter", f"The time '{text}' is outside of the calendar.")


def crossing_boundary() -> GraphError:
    message = "Modified occurrence is crossing or overlapping adjacent occurrence."
    return GraphError(400, "ErrorOccurrenceCrossingBoundary", message)


def too_many_schedules(asked: int, allowed: int) -> GraphError:
    message = (
        "There are too many target users in the EmailAddress array. "
        f"The allowed size = {allowed}; the actual size = {asked}."
    )
    return GraphError(400, "ErrorMailboxDataArrayTooBig", message)


def window_too_long(asked_days: int, allowed_days: int) -> GraphError:
    message = (
        "The requested time duration specified for FreeBusyViewOptions.TimeWindow is too long. "
        f"The allowed limit = {allowed_days} days; the actual limit = {asked_days} days."
    )
    return GraphError(400, "ErrorTimeIntervalTooBig", message)


def no_token(why: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", why, headers={"WWW-Authenticate": 'Bearer realm=""'})


def no_object(name: str) -> GraphError:
    message = f"Resource '{name}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(404, "Request_ResourceNotFound", message)


def no_user(name: str) -> GraphError:
    return GraphError(404, "ErrorInvalidUser", f"The requested user '{name}' is invalid.")


def no_mailbox() -> GraphError:
    message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."
    return GraphError(404, "MailboxNotEnabledForRESTAPI", message)


def no_item() -> GraphError:
    return GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def no_subscription() -> GraphError:
    return GraphError(404, "ResourceNotFound", "The object was not found.")


def changed_meanwhile(status: int = 412) -> GraphError:
    message = (
        "The send or update operation could not be performed because the change key passed in the request does not "
        "match the current change key for the item."
    )
    return GraphError(status, "ErrorIrresolvableConflict", message)


def no_sync_state(code: str = "SyncStateNotFound", *, generation: int = 0, highest: int = 0) -> GraphError:
    known = "".join(f"[{number}]" for number in (highest, highest, max(highest - 1, 0)))
    message = f"The sync state generation is not found; generation={generation};[highest={highest}]{known}."
    return GraphError(410, code, message)


def subscription_too_long(allowed_min: int) -> GraphError:
    message = f"Subscription expiration can only be {allowed_min} minutes in the future."
    return GraphError(400, "ExtensionError", message)


def no_handshake(why: str) -> GraphError:
    return GraphError(400, "InvalidRequest", f"Subscription validation request failed. {why}")


def unknown_property(name: str, type_name: str) -> GraphError:
    message = (
        f"The property '{name}' does not exist on type '{type_name}'. Make sure to only use property names that are "
        "defined by the type or mark the type as open type."
    )
    return bad_body(message)


def invalid_property(name: str, why: str) -> GraphError:
    """A value that the type allows and the calendar does not."""
    return failed_validation(f"Property '{name}': {why}")


def bad_recipients(names: str = "") -> GraphError:
    """`names` are those that can't be resolved; none says that there is no recipient."""
    why = (
        f"Recipient '{names}' is not resolved. All recipients must be resolved before a message can be submitted."
        if names
        else "A message can't be sent because it contains no recipients."
    )
    return GraphError(400, "ErrorInvalidRecipients", f"At least one recipient is not valid., {why}")


def access_denied(message: str = "Access is denied. Check credentials and try again.") -> GraphError:
    return GraphError(403, "ErrorAccessDenied", message)


def send_as_denied() -> GraphError:
    message = (
        "The user account which was used to submit this request does not have the right to send mail on behalf of the "
        "specified sending account., Cannot submit message."
    )
    return GraphError(403, "ErrorSendAsDenied", message)


def too_many_entries(entries: int, allowed: int) -> str:
    """What one schedule's own error 5006 says."""
    return (
        f"The result set contains too many calendar entries. The allowed size is {allowed}; "
        f"the actual size is {entries}."
    )


def not_json(content_type: str) -> GraphError:
    """A body that is said to be something else, or nothing at all."""
    said = f"The content type '{content_type}' is not supported." if content_type else "The Content-Type is missing."
    return GraphError(415, "UnsupportedMediaType", f"{said} A body must be application/json.")


def revoked_token(challenge_after: int | None) -> GraphError:
    """`challenge_after` (seconds since 1970) asks for a token issued later, as continuous access evaluation does.

    https://learn.microsoft.com/entra/identity-platform/claims-challenge
    """
    if challenge_after is None:
        return no_token("Access token has been revoked.")
    claims = f'{{"access_token":{{"nbf":{{"essential":true,"value":"{challenge_after}"}}}}}}'
    challenge = (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
        'client_id="00000003-0000-0000-c000-000000000000", error="insufficient_claims", '
        f'claims="{base64.b64encode(claims.encode()).decode()}"'
    )
    message = (
        "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: "
        "TokenIssuedBeforeRevocationTimestamp"
    )
    return GraphError(401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": challenge})
