"""FHIR R4: ``DiagnosticReport`` with its ``Observation``s is read into reports. Knows no database."""
