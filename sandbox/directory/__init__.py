"""People, mailbox settings and the organization."""
