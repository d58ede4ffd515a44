"""The rules of this repository that no other tool knows, and the one command that runs all of them."""
