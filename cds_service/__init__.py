"""CDS Hooks service that weighs draft spine-imaging orders against red flags in the patient's record."""

__version__ = "0.1.0"
