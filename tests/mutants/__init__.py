"""The test of the tests: bugs seeded into a copy of the product, each of which something here must catch."""
