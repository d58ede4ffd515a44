"""The chat windows: a whole Foyer on one machine, with two people's windows to talk to it."""
