"""What the real service does not have: clock, faults, acting as an Outlook user, the record of requests."""
