"""TOML that is read once: guidelines that differ in one file share what was read of the others."""

from __future__ import annotations

import tomllib
from functools import cache

parsed = cache(tomllib.loads)
