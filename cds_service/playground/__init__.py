"""A small order-entry screen at `/` that calls this very service over CDS Hooks, as an EHR would."""
