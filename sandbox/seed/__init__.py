"""The organization that the tenant starts with."""
