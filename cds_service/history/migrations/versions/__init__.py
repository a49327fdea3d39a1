"""One file a migration, numbered in their order."""
