"""What holds for all tests."""

from hypothesis import settings

# Examples are many and machines are shared: how long one example takes proves nothing.
settings.register_profile("foyer", deadline=None)
settings.load_profile("foyer")
