"""What services are forked from: importing this compiles the guideline, and nothing of a service is there yet."""

from __future__ import annotations

from tests import shipped

shipped.compiled()
