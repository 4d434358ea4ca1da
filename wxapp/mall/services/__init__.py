"""Use cases of the mall: ordering, giving back, and keeping the goods."""
