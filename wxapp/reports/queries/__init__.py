"""Reads of reports: what they say (``contents``), for patients (``own``), for staff (``staff``)."""
