"""TOML that is read once: guidelines that differ in one file share what was read of the others."""

from __future__ import annotations

from functools import cache

import tomli

parsed = cache(tomli.loads)
