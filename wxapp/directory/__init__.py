"""The hospital's directory: its physicians, and the departments they belong to.

Website, booking and inquiry stand on it and hold a physician by number; what staff write of one is written here once.
"""
