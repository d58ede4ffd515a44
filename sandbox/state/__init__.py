"""The tenant's state on disk: what a restart finds again."""
