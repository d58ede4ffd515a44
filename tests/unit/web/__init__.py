"""The HTTP surface under good and bad input."""
