"""A person's words become a structured request; pure, and without a word of any language in the code."""
