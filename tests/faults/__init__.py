"""What the Graph client, and the bot over it, make of everything that can go wrong."""
