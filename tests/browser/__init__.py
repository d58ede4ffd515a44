"""Foyer as a person meets it: in a browser."""
