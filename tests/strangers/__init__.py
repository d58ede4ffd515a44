"""What strangers say of the sandbox tenant and of our client: Graph's description, its SDK, other clients."""
