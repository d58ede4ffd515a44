"""The HTTP surface: routes, limits and refusals; it knows no Graph and no store."""
