"""What the demo's hospital is made of. All of it is invented."""
