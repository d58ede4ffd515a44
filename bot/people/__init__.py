"""Who is who: people as the directory and the channel know them."""
