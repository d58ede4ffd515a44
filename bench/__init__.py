"""Measurements: our figures beside a limit and a peer, in one run."""
