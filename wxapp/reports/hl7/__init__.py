"""HL7 v2: messages ``ORU^R01`` are read into reports, and answered with acknowledgements. Knows no database."""
