"""Foyer: a Microsoft Teams bot that books meeting rooms and answers for them."""
