"""Migrations of the history database. They run through `cds_service.history.database.upgrade`."""
