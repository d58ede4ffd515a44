"""Words the answers to requests that are too many."""

from sandbox.errors import GraphError


def over_concurrency() -> GraphError:
    """More than the mailbox serves at once: nothing says when to come again."""
    return GraphError(429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit.")


def too_many_requests(wait_s: float) -> GraphError:
    """`wait_s` is told as a fraction, as the service does."""
    headers = {"Retry-After": f"{wait_s:.3f}".rstrip("0").rstrip(".") if wait_s else "0"}
    return GraphError(429, "TooManyRequests", "Please retry again later.", headers=headers)


def access_policy() -> GraphError:
    """The tenant keeps the application out of this mailbox."""
    message = "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."
    return GraphError(403, "ErrorAccessDenied", message)
