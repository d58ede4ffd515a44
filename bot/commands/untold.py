"""Why no notifications come of a room, and what to do about each: what was seen, and its remedy."""

from bot.ports.records import Untold

UNTOLD = {
    Untold.ADDRESS: (
        "no answer at the public address",
        "Let Microsoft 365 reach FOYER_PUBLIC_URL over https, with a public certificate; it is tried again hourly.",
    ),
    Untold.FULL: (
        "the mailbox has as many subscriptions as it may",
        "Look which other app keeps up to 1,000 subscriptions to a room; Foyer needs one.",
    ),
    Untold.DENIED: (
        "no permission",
        "Grant the app Calendars.Read and Calendars.ReadWrite; look for an access policy that leaves rooms out.",
    ),
    Untold.MISSING: ("no such mailbox", "Give the room an Exchange Online mailbox, or take it off the list."),
    Untold.REFUSED: ("refused", "Look for “subscription.refused” in the log: it names the code."),
}
