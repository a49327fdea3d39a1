"""Saved cases through the very functions that the web service calls: no web, no network, the same bytes."""
