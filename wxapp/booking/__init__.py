"""Booking (在线预约): rosters, sessions with places, and the bookings of patients.

A *session* is one stretch of work of a physician or a *project* on one day; its *slots* are the times, each with some
*seats*. ``Slot.taken`` counts seated bookings and active *holds*: a hold keeps a seat for some minutes while a form is
filled in, and ends exactly once: used, let go, or expired. Who finds a session full stands in *line* (候补); a freed
seat is offered to the first for a short while, in the transaction that frees it.

A booking is booked, arrived, done; or cancelled, missed, or to be moved because the hospital has closed its session.
It belongs to a patient, to a WeChat user who has bound none yet, or to a phone; under that key a *booker's* bookings
pass one at a time, so that nobody sits in two places. Who stays away too often can't book online for a while.

Hears: PatientBound.
"""
