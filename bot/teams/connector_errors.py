"""How a send can fail, by what the caller should do.

    ConnectorError
    ├── Throttled            nothing happened; again after `retry_after_s`
    ├── Unreachable          nothing happened, or repeating is harmless; again later
    ├── MaybeSent            a new message may or may not be there: repeat at most once
    ├── ActivityGone         the message to change is no more: post it anew
    ├── TooLarge             send the short form
    ├── CredentialsRefused   the bot's own secret or registration is wrong: an operator must act
    ├── AddressRefused       the service address is not on the allow-list; nothing was sent, no token was shown
    ├── ConversationDead     blocked, removed or disabled there: never again until the bot is installed anew
    └── Forbidden            not allowed or not valid; never again as it is

Source: "Send and receive messages", section on status codes from bot conversational APIs
(learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/conversation-messages).
"""


class ConnectorError(Exception):
    """`code` is the service's own error code, `status` the HTTP status (0 without an answer)."""

    def __init__(self, code: str = "", status: int = 0) -> None:
        super().__init__(f"{status} {code}".strip())
        self.code = code
        self.status = status


class Throttled(ConnectorError):
    """Too many messages, by the service's word or by our own count before it had to say so."""

    def __init__(self, code: str = "", status: int = 0, *, retry_after_s: float = 1.0) -> None:
        super().__init__(code, status)
        self.retry_after_s = retry_after_s


class Unreachable(ConnectorError):
    """The service is away."""


class MaybeSent(ConnectorError):
    """The answer to a new message was lost, or was one that does not say whether it was posted."""


class ActivityGone(ConnectorError):
    """No such message in the conversation."""


class TooLarge(ConnectorError):
    """413."""


class CredentialsRefused(ConnectorError):
    """No token, or a fresh one was refused."""


class AddressRefused(ConnectorError):
    """The reference names a service address that must not be called."""


class ConversationDead(ConnectorError):
    """The bot is not there, or not heard there, any more."""


class Forbidden(ConnectorError):
    """Any other refusal that repeating will not cure."""
