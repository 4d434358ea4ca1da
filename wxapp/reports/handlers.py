"""What this package does on hearing of others."""
