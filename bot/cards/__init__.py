"""Domain values become adaptive cards and texts in the reader's language; pure."""
