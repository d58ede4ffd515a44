"""Rooms and room lists."""
