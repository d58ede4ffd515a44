"""Nouns of room booking and their laws: no time, no users, no JSON, no network."""
