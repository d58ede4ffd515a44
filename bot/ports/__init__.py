"""What the use cases need of the world, as protocols; the world itself is named in wiring only."""
