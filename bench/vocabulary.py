"""What a site's vocabulary costs: load at start, CPU time of a call with and without it.

vocabulary.py [CODES]
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from bodies import AS_OF, small

from cds_service.advice import AdviceOptions, CompiledGuideline, advise, compile_guideline
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.evidence.record.types import requirements_for
from cds_service.fhir.complete import complete
from cds_service.knowledge.loader import load_guideline
from cds_service.knowledge.vocabulary import (
    FORMAT,
    Origin,
    Vocabulary,
    load_vocabulary,
    vocabulary_json,
)

_CODES: Final = 100_000
_ROUNDS: Final = 25
_CALLS: Final = 20
_OPTIONS: Final = AdviceOptions(
    is_quiet=False,
    explain=True,
    pama=True,
    qcdsm_id=None,
    card_on_missing_data=False,
    jurisdiction="us",
    site_country=None,
)


def _of_size(codes: int) -> Vocabulary:
    """Half of SNOMED CT below cancers, half of a site's own; none of them in a chart."""
    half = codes // 2
    return Vocabulary(
        format=FORMAT,
        made=date(2026, 6, 1),
        origins=(Origin("toml", "made-up"),),
        codes={
            "snomed": {"malignancy": tuple(str(9_000_000_000 + n) for n in range(half))},
            "https://ehr.example.org/problems": {
                "followed-disease": tuple(f"P{n}" for n in range(codes - half))
            },
        },
        studies={},
    )


def _calls(compiled: CompiledGuideline) -> Callable[[], float]:
    """CPU ms of one call with a small body."""
    body = small()

    def block() -> float:
        begun = time.process_time()
        for _ in range(_CALLS):
            request = parse_hook_request("bench", body)
            sources = complete(request, requirements_for(request.hook), None)
            advise(request, sources, compiled, AS_OF, _OPTIONS)
        return (time.process_time() - begun) / _CALLS * 1000

    return block


def main() -> None:
    """Build one, load it and time calls."""
    codes = int(sys.argv[1]) if sys.argv[1:] else _CODES
    guideline = load_guideline()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "site.json"
        file.write_bytes(vocabulary_json(_of_size(codes)))
        begun = time.perf_counter()
        vocabulary = load_vocabulary(file, guideline)
        read = time.perf_counter() - begun
    compile_guideline(guideline)
    begun = time.perf_counter()
    plain = compile_guideline(guideline)
    without = time.perf_counter() - begun
    begun = time.perf_counter()
    compiled = compile_guideline(guideline, vocabulary)
    more = time.perf_counter() - begun - without
    sys.stdout.write(f"{vocabulary.size:,} codes: read {read:.2f} s, compiled {more:.2f} s more\n")
    blocks = _calls(plain), _calls(compiled)
    for block in blocks:
        block()
    times = [[block() for block in blocks] for _ in range(_ROUNDS)]
    for name, column in zip(("without", "with"), zip(*times, strict=True), strict=True):
        sys.stdout.write(f"{name}: {statistics.median(column):.3f} ms a call\n")


if __name__ == "__main__":
    main()
