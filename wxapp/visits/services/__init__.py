"""Use cases of visits; each owns its transaction."""
