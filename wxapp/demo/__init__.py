"""A hospital to try everything with: invented people, goods and orders, and the three processes that serve them.

Nothing of this runs in production, and production refuses a database that was filled here.
"""
