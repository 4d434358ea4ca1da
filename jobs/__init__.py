"""Timed work: which functions run when (``schedule``), and the process that runs them (``scheduler``)."""
