"""Codes, units, dates and references, and what a CodeableConcept means: one reader for records and orders."""
