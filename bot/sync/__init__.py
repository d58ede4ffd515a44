"""Keeps the mirror equal to the room mailboxes and answers requests in the rooms' names."""
