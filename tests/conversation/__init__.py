"""Whole conversations, from an activity to the cards that leave."""
