"""``python -m wxapp`` is the command line."""

from wxapp.cli import main

main()
