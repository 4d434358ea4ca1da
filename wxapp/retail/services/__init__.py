"""Use cases of retail."""
