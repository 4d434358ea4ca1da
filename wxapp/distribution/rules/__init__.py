"""Rules of distribution: values in, value out."""
