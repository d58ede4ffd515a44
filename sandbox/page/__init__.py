"""The page that shows the rooms' calendars."""
