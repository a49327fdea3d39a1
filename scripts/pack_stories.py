"""Packs the patients of fhir_fixtures for the playground. Run it after a change to them; `--check` only looks."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from cds_service.playground import stories  # noqa: E402 - the path comes first

target = ROOT / "cds_service" / "playground" / stories.PACKED
packed = stories.packed(ROOT / "fhir_fixtures" / "patients")
if "--check" not in sys.argv:
    target.write_bytes(packed)
elif target.read_bytes() != packed:
    sys.exit(
        f"{target.relative_to(ROOT)} is not what fhir_fixtures has. Run: .venv/bin/python scripts/pack_stories.py"
    )
