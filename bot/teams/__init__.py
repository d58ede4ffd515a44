"""The channel: what Teams sends is verified and parsed here, and what Teams is told leaves from here."""
