"""Booking (在线预约): rosters, sessions with places, and the bookings of patients."""
