"""Checks of the guideline that never run in a call: overlaps, dead names, scenarios, long summaries, our own FHIR."""
