"""Rules of the message centre: values in, value out."""
