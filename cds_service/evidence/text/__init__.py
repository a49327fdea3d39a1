"""Free text to what it says. Knows words and languages, nothing of FHIR."""
