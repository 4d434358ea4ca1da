"""Pure rules of the hospital's configuration."""
