"""FHIR JSON to findings: lenient readers, one file a resource type, and what could not be read.

Nothing in here judges. It says what the record holds, when, how certain, and from which resource.
"""
