"""How much of the service one application may use at a time, and which mailboxes at all."""
