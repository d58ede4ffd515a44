"""Several processes of the program on one Redis and one tenant, as they run in earnest."""
