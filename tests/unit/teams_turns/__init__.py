"""Turns: who speaks, in which language and zone, and for which tenant."""
