"""FHIR resources to one patient's record: lenient readers, one file a resource type."""
