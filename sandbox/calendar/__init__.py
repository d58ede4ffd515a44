"""Calendars: items, views, changes."""
