"""Use cases of booking: keeping a seat, booking, changing, waiting in line; rosters and sessions."""
