"""The supervisor of `make run`, and the checks of the repository."""
