"""The official account (服务号): its API under ``/cgi-bin`` and what it remembers."""
