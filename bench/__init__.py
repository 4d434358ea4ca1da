"""Measure speed and memory: ratios within one run, each figure beside a baseline of the same run.

Absolute numbers are the machine's of the day; what may be compared between runs are the ratios. A (ours) and B (the
baseline) take turns, round by round, so that whatever else the machine does meets both; medians are reported, with
the spread of the rounds beside them.

``python -m bench`` runs all of it, ``--quick`` a short look, ``--only NAME`` one part. Everything it starts lives in
a temporary folder, listens on 127.0.0.1 only, and is ended by process id.
"""
