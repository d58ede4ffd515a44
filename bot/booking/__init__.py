"""What employees and managers do: search, book, follow, cancel, change, confirm."""
