"""Answers that the orderer gave on a card, read back from the coded reasons that carry them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cds_service.coding import STATED_SYSTEM
from cds_service.evidence.codes.codeable import Concept
from cds_service.evidence.model import Answer, Reason
from cds_service.evidence.text.model import Statement
from cds_service.knowledge.model import StatedAnswer

Answers = Mapping[str, StatedAnswer]


def split_answers(
    concepts: Iterable[Concept], known: Answers
) -> tuple[tuple[Concept, ...], tuple[str, ...]]:
    """The reasons without the answers, and the codes of the answers among them, each once.

    An answer is read by its code alone: the codes beside it and its text are ours. Words that somebody wrote in the
    place of ours are a reason of their own.
    """
    others: list[Concept] = []
    codes: dict[str, None] = {}
    for concept in concepts:
        code = next(
            (c.code for c in concept.codings if c.uri == STATED_SYSTEM and c.code in known), None
        )
        if code is None:
            others.append(concept)
            continue
        codes[code] = None
        if concept.text and concept.text != known[code].display:
            others.append(Concept(concept.text, ()))
    return tuple(others), tuple(codes)


def read_answers(codes: Iterable[str], known: Answers) -> tuple[Answer, ...]:
    """The answers of these codes."""
    return tuple(
        Answer(
            code=code,
            quote=known[code].display,
            lasts=known[code].lasts or "",
            after_care=known[code].after_care,
        )
        for code in codes
    )


def answer_reasons(codes: Iterable[str], known: Answers) -> tuple[Reason, ...]:
    """What the answers state as reasons in words: of today, and suspected at most."""
    return tuple(
        Reason(
            kind="text",
            display=answer.display,
            value_sets={},
            statements=(
                Statement(
                    concept=answer.concept,
                    state="stated",
                    start=0,
                    end=len(answer.display),
                    quote=answer.display,
                    tempo="new",
                ),
            ),
        )
        for answer in map(known.__getitem__, codes)
        if answer.concept is not None
    )


def is_reason(answer: StatedAnswer) -> bool:
    """Whether an answer says by itself why the order is placed."""
    return answer.concept is not None or answer.after_care
