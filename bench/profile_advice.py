"""Where the time of a call goes, without a server: the least time of each stage, then a profile of the whole.

profile_advice.py [small|large]
"""

from __future__ import annotations

import cProfile
import gc
import pstats
import sys
import time
from collections.abc import Callable
from typing import Any

from bodies import AS_OF, BODIES

from cds_service.advice import AdviceOptions, advise, compile_guideline, in_scope
from cds_service.assessment.assess import assess_call
from cds_service.cards.explanation import explanation_json
from cds_service.cards.options import Answering
from cds_service.cards.render import render_cards
from cds_service.cds_hooks.profiles import GENERIC
from cds_service.cds_hooks.request import parse_hook_request
from cds_service.cds_hooks.response import response_json
from cds_service.evidence.record.record import read_record
from cds_service.evidence.record.types import requirements_for
from cds_service.fhir.complete import complete
from cds_service.knowledge.loader import load_guideline

_OPTIONS = AdviceOptions(
    is_quiet=False,
    explain=True,
    pama=True,
    qcdsm_id=None,
    card_on_missing_data=False,
    jurisdiction="us",
    site_country=None,
)
_BLOCKS = 12
_SHOWN = 40


def main(name: str) -> None:
    """Measure with one body."""
    body = BODIES[name]()
    compiled = compile_guideline(load_guideline())
    request = parse_hook_request("bench", body)
    sources = complete(request, requirements_for(request.hook), None)
    advice = advise(request, sources, compiled, AS_OF, _OPTIONS)
    if advice.record is None or advice.assessment is None:
        raise SystemExit("the body holds no order of ours")
    record, orders, patient = advice.record, advice.orders, request.context.patient_id
    choices = _OPTIONS.choices
    assessment = assess_call(orders, record, compiled.rules, AS_OF, choices)
    answering = Answering(request, _OPTIONS, compiled.words)
    rendered = render_cards(assessment, answering)
    knowledge = (compiled.guideline.content, None)

    def whole() -> bytes:
        call = parse_hook_request("bench", body)
        in_scope(call, compiled, card_on_missing_data=False)
        found = complete(call, requirements_for(call.hook), None)
        said = advise(call, found, compiled, AS_OF, _OPTIONS)
        return response_json(said.cards, said.system_actions, said.extension_json, GENERIC)

    stages: dict[str, Callable[[], Any]] = {
        "parse": lambda: parse_hook_request("bench", body),
        "in scope": lambda: in_scope(request, compiled, card_on_missing_data=False),
        "complete": lambda: complete(request, requirements_for(request.hook), None),
        "record": lambda: read_record(sources, patient, compiled.index, compiled.catalog, AS_OF),
        "assess": lambda: assess_call(orders, record, compiled.rules, AS_OF, choices),
        "cards": lambda: render_cards(assessment, answering),
        "explain": lambda: explanation_json(assessment, rendered, knowledge, AS_OF),
        "write": lambda: response_json(
            advice.cards, advice.system_actions, advice.extension_json, GENERIC
        ),
        "whole": whole,
    }
    gc.collect()
    gc.freeze()
    gc.disable()
    calls = 50 if name == "small" else 5
    for stage, run in stages.items():
        print(f"{stage:10}{_least_ms(run, calls):8.3f} ms")
    profile = cProfile.Profile()
    profile.runcall(lambda: [whole() for _ in range(calls)])
    pstats.Stats(profile).strip_dirs().sort_stats("tottime").print_stats(_SHOWN)


def _least_ms(run: Callable[[], Any], calls: int) -> float:
    """CPU time of one call in the quickest of several blocks."""
    least = float("inf")
    for _ in range(_BLOCKS):
        start = time.process_time()
        for _ in range(calls):
            run()
        least = min(least, time.process_time() - start)
    return least / calls * 1000


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "small")
