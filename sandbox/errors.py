"""Makes every error that the tenant answers with: Graph's statuses, codes and messages, in one place.

Codes and messages: https://learn.microsoft.com/graph/errors, the reference page of each call, and public reports of
what the service says where the reference is silent.
"""


class GraphError(Exception):
    """An answer other than success, as Graph words it."""

    def __init__(self, status: int, code: str, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


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


def used_transaction_id() -> GraphError:
    message = (
        "Your request can't be completed. The TransactionId specified in the request has already been used to create "
        "a different event."
    )
    return GraphError(400, "ErrorDuplicateTransactionId", message)


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


def changed_meanwhile() -> GraphError:
    message = (
        "The send or update operation could not be performed because the change key passed in the request does not "
        "match the current change key for the item."
    )
    return GraphError(412, "ErrorIrresolvableConflict", message)


def no_sync_state() -> GraphError:
    return GraphError(410, "SyncStateNotFound", "The sync state generation is not found.")


def subscription_too_long(allowed_min: int) -> GraphError:
    message = f"Subscription expiration can only be {allowed_min} minutes in the future."
    return GraphError(400, "ExtensionError", message)


def no_handshake(why: str) -> GraphError:
    return GraphError(400, "InvalidRequest", f"Subscription validation request failed. {why}")
