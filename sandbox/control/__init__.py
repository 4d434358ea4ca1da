"""The control page and the JSON API under ``/__sandbox``: orders to the sandbox, never used by the backend."""
