"""Mail that callers send: who gets it, and what comes back."""
