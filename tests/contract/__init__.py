"""What every implementation of a port promises, checked against each of them by the same tests."""
