"""What a modality or a contrast means for the patient."""

from __future__ import annotations

from typing import Final

from cds_service.knowledge.model import Contrast, Modality

IONIZING: Final[frozenset[Modality]] = frozenset(("XR", "CT", "CTM", "RF", "NM", "PET"))
"""With radiation."""
ENHANCED: Final[frozenset[Contrast]] = frozenset(("with", "without-and-with"))
"""With an agent in the vein; for CTM and RF it is in the spinal canal."""
