"""What was advised and what became of it.

Rows hold no name, no birth date and no identifier of a patient in clear: where rows of one patient have
to be joined, a keyed hash stands in (`pseudonyms`).
"""
