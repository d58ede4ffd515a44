"""Exchange: who tells whom about a meeting, and what a room's attendants answer."""
