"""The edge: HTTP in and out. Reads requests, calls the core, turns errors into answers; decides nothing clinical."""
