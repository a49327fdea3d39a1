"""Fetches what prefetch lacks: the one place of a hook call that waits for others.

Only bases that are configured are ever called, within one deadline for the whole call; whatever goes wrong
becomes a gap of that prefetch key, never an exception and never an empty answer.
"""
