"""The ground of every package: database, clock, money, numbers, states, events, errors, permissions, settings, secrets.

Imports nothing else of wxapp. Flask is used only where a request or the application itself is the subject.
"""
