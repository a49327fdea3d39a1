"""The pass over one sentence: what its words say of each of its findings.

A cue changes what is said of the items that follow it, or of those before it in its clause; clauses and sentences end
it. Of two readings the one that keeps a finding is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from cds_service.evidence.text.cues import (
    ASKED,
    DENIED,
    ENDED,
    GONE,
    MIGHT,
    OTHER,
    PAST,
    SINCE,
    STEADY,
    UNCLEAR,
    Cues,
)
from cds_service.evidence.text.items import Items
from cds_service.evidence.text.tokens import (
    CLOSE,
    COLON,
    COMMA,
    ENDS_CLAUSE,
    OPEN,
    RANGE,
    SENTENCE,
    SLASH,
)

# How far a denial reaches.
NO_REACH: Final = 0
OVER_LISTS: Final = 1
"""Its clause, and the bare lists behind it."""
TO_SENTENCE_END: Final = 2
CLAUSE_ALONE: Final = 3

_LONGEST_BARE: Final = 6
"""Words of a clause into which a denial reaches over a comma."""
_LONGEST_CLOSED: Final = 12
"""The same, of a clause that closes the list with `or`."""
_NEAR: Final = 5
_FARTHEST_PAIN: Final = 6
"""Words between a pain and the year that it began in."""
_SIGNS: Final = frozenset(("(-)", "-ve", "(neg)", "\u00f8"))
_GLUED: Final = frozenset(("-", "(-)", "-ve"))
_POSITIVE: Final = frozenset(("+", "(+)"))
_TICK: Final = "?"
_FRACTIONS_OF_TIME: Final = ("/7", "/52", "/12")
_LONGEST_OVER: Final = 3
"""Words of a clause that says no more than that what stands before it is over."""


class Sentence:
    """The pass over one sentence."""

    __slots__ = (
        "_",
        "asked",
        "bracket",
        "clause",
        "clause_mask",
        "denial_clause",
        "denied_findings",
        "denies_any",
        "denies_enough",
        "end",
        "family",
        "first",
        "first_told",
        "is_at_risk",
        "is_bracketed",
        "is_denied_in_bracket",
        "is_feared",
        "is_repeated",
        "is_template",
        "is_told_by",
        "is_word_before",
        "items",
        "lists",
        "marked",
        "mask",
        "might",
        "other",
        "past",
        "reach",
        "states",
        "topic",
    )

    def __init__(self, rules: Cues, items: Items, states: list[int], first: int, end: int) -> None:
        self._ = rules
        self.items = items
        self.states = states
        self.first = first
        self.end = end
        self.first_told = -1
        self.clause = -1
        self.clause_mask = -1
        """All classes of the clause; -1 until somebody asks."""
        self.reach = NO_REACH
        """Of the denial that is open."""
        self.denial_clause = -1
        self.denied_findings = 0
        self.denies_any = False
        """That denial names a list: "denies any"."""
        self.is_repeated = False
        """The clause before it has a denial of its own: "no fever, no weakness"."""
        self.denies_enough = False
        """It says all by itself: "no red flags"."""
        self.lists = 0
        """Commas that the denial has crossed."""
        self.past = self.other = self.family = self.might = self.asked = False
        self.is_feared = False
        """It might come because somebody fears it, and not by advice."""
        self.is_at_risk = False
        """It might come because somebody is in danger of it."""
        self.is_told_by = False
        """The relative who is spoken of tells of the patient."""
        self.mask = 0
        self.is_word_before: bool | None = None
        """Of the signs (-) and (+) of this text: whether they stand before what they sign."""
        self.is_template: bool | None = None
        """Whether the text answers its own questions: `Fever? N Trauma? N`."""
        self.topic = -1
        """The last item that names advice: a list behind it is what the advice was about."""
        self.marked: dict[int, tuple[int, int]] = {}
        """By flag, the first item that the last mark behind them set it on, and the end of those."""
        self.bracket = -1
        """The clause that a bracket holds of such a list."""
        self.is_bracketed = self.is_denied_in_bracket = False
        """Whether a bracket is open, and whether the open denial stands in it: it ends with the bracket."""

    def read(self, year: int, long_ago: AbstractSet[int]) -> None:
        """Sets the flags of the items of the sentence."""
        rules, masks, clauses = self._, self.items.masks, self.items.clauses
        for at in range(self.first, self.end):
            mask = self.mask = masks[at]
            if clauses[at] != self.clause:
                self._enter_clause(at)
            if self.topic == at - 1 >= 0 and self._follows_colon(at):
                self.might = True
            if not mask & rules.cues:
                if self.reach or self.past or self.other or self.might or self.asked:
                    self._mark(at)
            elif mask & rules.quiet:
                continue
            elif mask & rules.no_denial:
                if mask & rules.finding:
                    self._mark(at)
            else:
                self._who(at, mask)
                self._when(at, mask, year, long_ago)
                self._whether(at, mask)

    def _whether(self, at: int, mask: int) -> None:
        rules = self._
        forward, backward = self._direction(at, mask)
        if backward and not self._is_lost_function(at, mask):
            self._deny_backward(at)
            if mask & rules.denies_list:
                self._deny_list_backward(at)
        if forward:
            self._open_denial(at, mask)
            return
        if mask & rules.turn:
            self._turn(at)
        if self.items.word(at) in _POSITIVE:
            self.reach = NO_REACH
        if mask & rules.history and not self._is_age(at):
            self.past = True
        is_new_complaint = (
            mask & rules.pain
            and self.items.clauses[at] != self.denial_clause
            and not mask & rules.finding
        )
        if self.reach and is_new_complaint and not self._lists_complaint(at):
            self.reach = NO_REACH
        self._mark(at)

    def _lists_complaint(self, at: int) -> bool:
        """A pain among the bare items of a list that is denied: "denied any headache, neck pain, weakness".

        The last item is no such one, nor is pain of the spine in a list that nothing calls one: behind "denies fever, "
        the complaint of the order may stand, with its findings.
        """
        rules, items = self._, self.items
        if self.reach != TO_SENTENCE_END or not self._is_short_item(self._clause_from(at)):
            return False
        is_list = self.denies_any or not self.mask & rules.spine_pain
        clause = after = self._clause_from(at)
        while clause.stop < self.end:
            clause = self._clause_from(clause.stop)
            if not self._is_short_item(clause):
                break
            after = clause
            is_list = is_list or any(items.masks[place] & rules.or_ for place in clause)
        return is_list and after.start > at

    def _clause_from(self, at: int) -> range:
        """The items of the clause of an item."""
        clauses = self.items.clauses
        first, end = at, at + 1
        while first > self.first and clauses[first - 1] == clauses[at]:
            first -= 1
        while end < self.end and clauses[end] == clauses[at]:
            end += 1
        return range(first, end)

    def _is_short_item(self, clause: range) -> bool:
        """A few words that say nothing of when, where or how much."""
        items, says_more = self.items, self._.says_more
        length = items.ends[clause[-1]] - items.firsts[clause[0]]
        return length <= _LONGEST_BARE and not any(
            items.masks[place] & says_more for place in clause
        )

    def _enter_clause(self, at: int) -> None:
        self.clause = self.items.clauses[at]
        self.clause_mask = -1
        self.past = False
        if self.other and not self.family and not self.mask & self._.and_or:
            self.other = False
        elif self.family and self._names_nerve_symptom(at):
            self.other = self.family = False
        self._enter_list(at)
        if self.might and self._is_told_beside(at):
            self.might = self.is_feared = self.is_at_risk = False
        gap = self.items.gaps[self.items.firsts[at]]
        self.is_bracketed = bool(gap & OPEN) or (self.is_bracketed and not gap & CLOSE)
        if self.is_denied_in_bracket and gap & CLOSE:
            self.reach, self.is_denied_in_bracket = NO_REACH, False
        if self.reach in (OVER_LISTS, TO_SENTENCE_END) and self._opens_inability(at):
            self.reach = NO_REACH
        if self.reach == OVER_LISTS:
            if not self._goes_on(at):
                self.reach = NO_REACH
            self.lists += 1
        elif self.denies_enough:
            self.lists += 1
        elif self.reach == CLAUSE_ALONE:
            self.reach = NO_REACH

    def _names_nerve_symptom(self, at: int) -> bool:
        """`family history of cancer, leg weakness`: diseases run in families, what is weak or numb is the patient."""
        masks, rules = self.items.masks, self._
        return any(
            masks[place] & rules.named and masks[place] & rules.neuro
            for place in self._clause_from(at)
        )

    def _is_told_beside(self, at: int) -> bool:
        """A clause behind a fear or a risk that says what is there: `at risk of falls, leg weakness`."""
        if self.is_at_risk and self._names_nerve_symptom(at):
            return True
        return (self.is_feared or self.is_at_risk) and self._tells_a_beginning(at)

    def _tells_a_beginning(self, at: int) -> bool:
        """`worried about cancer, saddle numb since Monday`: what has begun, cannot be done or is counted is there."""
        clause, masks, rules = self._clause_from(at), self.items.masks, self._
        return any(masks[place] & (rules.finding | rules.lost) for place in clause) and any(
            masks[place] & (rules.began | rules.cannot | rules.numbers) for place in clause
        )

    def _opens_inability(self, at: int) -> bool:
        """`denies fever, cannot walk`: what is not possible is a new statement, unless the list is of such."""
        items = self.items
        if not items.gaps[items.firsts[at]] & COMMA or not self._is_inability(items.firsts[at]):
            return False
        return not any(
            items.clauses[place] >= self.denial_clause and self._is_inability(items.firsts[place])
            for place in range(max(self.first, at - _LONGEST_CLOSED), at)
        )

    def _is_inability(self, place: int) -> bool:
        words = self.items.words
        return any(
            tuple(words[place : place + len(beginning)]) == beginning
            for beginning in self._.opens_inability.get(words[place], ())
        )

    def _enter_list(self, at: int) -> None:
        """A bracket or a colon behind the name of advice opens the list of what it was about."""
        items = self.items
        gap = items.gaps[items.firsts[at]]
        if self.bracket >= 0 and gap & CLOSE:
            self.might, self.bracket = False, -1
        if self.topic >= 0 and items.clauses[self.topic] == self.clause - 1 and gap & OPEN:
            self.might, self.bracket = True, self.clause

    def _mark(self, at: int) -> None:
        state = self.states[at]
        if self.reach:
            if not state & (DENIED | UNCLEAR):
                is_list = self.reach == OVER_LISTS or self.denies_enough
                is_clear = not is_list or not self.lists or self._is_list(at)
                state |= DENIED if is_clear else UNCLEAR
            if self.mask & self._.finding:
                self.denied_findings += 1
        if self.past:
            state |= PAST
        if self.other and not (self.is_told_by and self.mask & self._.nerves):
            state |= OTHER
        if self.might:
            state |= MIGHT
        if self.asked:
            state |= ASKED
        self.states[at] = state

    def _who(self, at: int, mask: int) -> None:
        rules = self._
        if mask & rules.patient:
            self.other = self.family = False
        if mask & rules.family:
            self.other = self.family = True
        elif mask & rules.relative and not self._has_beside(at, rules.brings):
            self.other = True
            self.is_told_by = self._has_beside(at, rules.speaks_for)
        self._advised(at, mask)
        if mask & rules.ask:
            self.asked = True
            is_behind = self.denied_findings or self.clause != self.denial_clause
            if is_behind and not mask & (rules.denial | rules.denial_of_all):
                # "no fever, ?discitis": what is asked behind what was denied is a question of its own.
                self.reach = NO_REACH
            if self.items.word(at) == _TICK:
                self._mark_before(at, ASKED)
        if mask & rules.ask_behind:
            self._mark_before(at, ASKED)

    def _has_beside(self, at: int, wanted: int) -> bool:
        """One of these classes in the clause: `brought in by his son as he cannot walk`, `says the daughter`."""
        if self.clause_mask < 0:
            self.clause_mask = 0
            for place in self._clause_from(at):
                self.clause_mask |= self.items.masks[place]
        return bool(self.clause_mask & wanted)

    def _advised(self, at: int, mask: int) -> None:
        rules = self._
        if mask & rules.advice:
            self.is_feared = bool(mask & rules.fear) and (self.is_feared or not self.might)
            self.is_at_risk = bool(mask & rules.at_risk) and (self.is_at_risk or not self.might)
            self.might = True
        elif mask & rules.lists or self._follows_colon(at):
            self.might = self.might or self._is_of_advice(at)
        elif mask & rules.if_:
            self.might = self.might or self._is_condition(at)
        if mask & rules.advice_topic:
            self.topic = at
        if mask & rules.advice_behind:
            self._advise_before(at, mask)

    def _follows_colon(self, at: int) -> bool:
        """Words without a class may stand between the colon and the first of the list."""
        items = self.items
        return self.topic == at - 1 >= 0 and any(
            items.gaps[place] & COLON for place in range(items.ends[at - 1], items.firsts[at] + 1)
        )

    def _is_of_advice(self, at: int) -> bool:
        return self.topic >= 0 and at - self.topic <= _NEAR

    def _is_condition(self, at: int) -> bool:
        """`told to come back if`, `if weaker, return`: a condition of what a patient was told to do."""
        items = self.items
        is_head = at == self.first or items.clauses[at - 1] != items.clauses[at]
        is_head = is_head or bool(items.gaps[items.firsts[at]] & COLON)
        return self._first_told() < (self.end if is_head else at)

    def _first_told(self) -> int:
        """The first item that tells a patient what to do; the end, where none does. Looked for once a sentence."""
        if self.first_told < 0:
            told, masks = self._.told, self.items.masks
            places = range(self.first, self.end)
            self.first_told = next((place for place in places if masks[place] & told), self.end)
        return self.first_told

    def _advise_before(self, at: int, mask: int) -> None:
        """What stands before advice; where conditionals end the sentence, only when there is a condition."""
        if self.items.language not in self._.verb_last:
            self._mark_before(at, MIGHT)
            return
        condition = self._.condition
        if mask & condition:
            self._mark_before(at, MIGHT, over_commas=True)
            return
        for first in range(self.first, at):
            if self.items.masks[first] & condition:
                for place in range(first, at):
                    self.states[place] |= MIGHT
                return

    def _when(self, at: int, mask: int, year: int, long_ago: AbstractSet[int]) -> None:
        rules, items = self._, self.items
        if mask & rules.history_behind:
            self._mark_before(at, PAST | ENDED, clauses_back=self._is_all_over(at))
        if mask & rules.number and items.firsts[at] in long_ago:
            self._mark_before(at, PAST | ENDED)
            self.past = True
        elif mask & rules.year and int(items.word(at)) < year:
            is_since = at > self.first and bool(items.masks[at - 1] & rules.since)
            if is_since and self._is_length_of_pain(at):
                return
            self._mark_before(at, PAST | ENDED | (SINCE if is_since else 0))
            self.past = self.past or self._heads_clause(at)

    def _is_length_of_pain(self, at: int) -> bool:
        """`back pain since 2021` has lasted; `foot drop since 2018` is known since then, and not what came now."""
        before = range(max(self.first, at - _FARTHEST_PAIN), at)
        return not any(
            self.items.masks[place] & self._.finding
            for place in before
            if self.items.clauses[place] == self.clause
        )

    def _heads_clause(self, at: int) -> bool:
        """A clause that begins with a year tells of that year; a whole date is of one event."""
        items, end = self.items, self.items.ends[at]
        is_date = end < len(items.gaps) and bool(items.gaps[end] & (RANGE | SLASH))
        return not is_date and (at == self.first or items.clauses[at - 1] != self.clause)

    def _mark_before(
        self, at: int, flag: int, *, over_commas: bool = False, clauses_back: int = 0
    ) -> None:
        before, clause = at - 1, self.clause - clauses_back
        first, end = self.marked.get(flag, (at, at))
        while before >= self.first and (over_commas or self.items.clauses[before] >= clause):
            if first <= before < end:
                # Marked by the mark before this one: a clause of thousands of marks is gone through once.
                before = first - 1
                continue
            self.states[before] |= flag
            before -= 1
        self.marked[flag] = (min(first, before + 1) if before < first else before + 1, at)

    def _is_age(self, at: int) -> bool:
        """`45 yo`, `3 week history of pain`: a length of time before the cue, not history."""
        place = self.items.firsts[at]
        if not place:
            return False
        before = self.items.words[place - 1]
        return before in self._.units or before.endswith(_FRACTIONS_OF_TIME)

    def _direction(self, at: int, mask: int) -> tuple[bool, bool]:
        """Whether a denial reaches forward or backward; words that can do both look at what stands around them."""
        rules, items = self._, self.items
        forward = bool(mask & (rules.denial | rules.denial_of_all))
        backward = bool(mask & rules.behind) or bool(mask & rules.over and self._is_all_over(at))
        backward = backward or bool(mask & rules.low_chance and self._is_chance(at))
        if forward and at > self.first and at + 1 < self.end and items.masks[at + 1] & rules.but:
            return False, True
        if forward and not backward and self._ends_after_finding(at):
            return False, True
        if not (forward and backward):
            is_header = backward and self._heads_list(at)
            return forward or is_header, backward and not is_header
        if mask & rules.dismissed and self._is_all_over(at):
            return False, True
        before = any(
            items.masks[near] & rules.finding and not self.states[near] & DENIED
            for near in range(max(self.first, at - 4), at)
            if items.clauses[near] == self.clause
        )
        behind = any(
            items.masks[near] & rules.finding
            for near in range(at + 1, min(self.end, at + 5))
            if items.clauses[near] == self.clause
        )
        word = items.word(at)
        if word == _TICK and before and behind:
            return not self._answers_itself(), self._answers_itself()
        if mask & rules.denies_next and before and behind:
            is_next = items.firsts[at + 1] == items.ends[at] and items.masks[at + 1] & rules.finding
            return bool(is_next), not is_next
        if word in _SIGNS:
            if self.is_word_before is None:
                self.is_word_before = self._signs_next(at, is_something_behind=behind)
            return self.is_word_before, not self.is_word_before
        if before and (not behind or mask & rules.denies_first):
            return False, True
        return True, False

    def _is_chance(self, at: int) -> bool:
        """`suspicion for cauda equina is low`: what is low is how likely it is, as the words before it say.

        Right behind the finding that they weigh: in "suspicion for infection, given WBC low" something else is low.
        """
        items, rules = self.items, self._
        weighed = at - 1
        if (
            weighed < self.first
            or items.clauses[weighed] != self.clause
            or items.firsts[at] - items.ends[weighed] > 1
            or not items.masks[weighed] & rules.finding
            or items.masks[weighed] & rules.function
        ):
            return False
        after = at + 1
        goes_on = after < self.end and items.clauses[after] == self.clause
        return not (goes_on and items.masks[after] & rules.finding) and any(
            items.masks[before] & rules.weighs
            for before in range(max(self.first, at - _NEAR), weighed)
            if items.clauses[before] == self.clause
        )

    def _heads_list(self, at: int) -> bool:
        """`Absent: fever, weight loss`: a list in which every clause names a finding and none a function."""
        rules, items, place = self._, self.items, self.items.ends[at]
        if (
            self.mask & (rules.over | rules.steady)
            or at + 1 >= self.end
            or not items.gaps[place] & COLON
            or (at > self.first and items.clauses[at - 1] == self.clause)
        ):
            return False
        unnamed: set[int] = set()
        named: set[int] = set()
        for after in range(at + 1, self.end):
            mask = items.masks[after]
            if mask & rules.function:
                return False
            (named if mask & rules.named else unnamed).add(items.clauses[after])
        return bool(named) and unnamed <= named

    def _ends_after_finding(self, at: int) -> bool:
        """`fiebre no, trauma no`: directly behind a finding a denial that ends the clause denies what is before it."""
        items, place = self.items, self.items.ends[at]
        if (
            at == self.first
            or items.clauses[at - 1] != self.clause
            or items.ends[at - 1] != items.firsts[at]
            or not items.masks[at - 1] & self._.finding
        ):
            return False
        return place == len(items.words) or bool(items.gaps[place] & (ENDS_CLAUSE | SENTENCE))

    def _signs_next(self, at: int, *, is_something_behind: bool) -> bool:
        """Whether the first sign of a text signs what follows it: "(-) fever", or what it follows: "fever (-)"."""
        masks, finding = self.items.masks, self._.finding
        start = self._clause_from(at).start
        if not is_something_behind and any(masks[near] & finding for near in range(start, at)):
            return False
        if at == start or self.reach:
            return True
        return not any(masks[near] & finding for near in range(self.first, at))

    def _is_lost_function(self, at: int, mask: int) -> bool:
        """`tone absent` is a finding."""
        rules = self._
        return bool(mask & rules.lost) and any(
            self.items.masks[near] & rules.function
            for near in range(max(self.first, at - _NEAR), at)
            if self.items.clauses[near] == self.clause
        )

    def _answers_itself(self) -> bool:
        """A question mark with an answer stands in this text more than once."""
        if self.is_template is None:
            items, ticks = self.items, self._.behind | self._.turn
            answered = [
                at
                for at, mask in enumerate(items.masks)
                if mask & ticks
                and items.word(at) == _TICK
                and items.ends[at] > items.firsts[at] + 1
            ]
            self.is_template = len(answered) > 1
        return self.is_template

    def _deny_backward(self, at: int) -> None:
        rules, items = self._, self.items
        ends = rules.denial | rules.denial_of_all | rules.turn
        clause = self.clause
        is_all_over = self._is_all_over(at)
        if is_all_over:
            clause -= 1
        else:
            clause = self._clause_that_brackets_open(at)
        is_steady = self.mask & rules.steady
        denied = DENIED | (GONE if self.mask & rules.over else 0)
        before = at - 1
        while before >= self.first and items.clauses[before] >= clause:
            mask = items.masks[before]
            is_end = mask & ends and not mask & (rules.finding | rules.imaging)
            is_end = is_end and not (is_all_over and mask & rules.with_)
            if is_end or items.word(before) in _POSITIVE:
                break
            if is_steady:
                self.states[before] |= STEADY
            else:
                self.states[before] = (self.states[before] & ~UNCLEAR) | denied
            before -= 1

    def _clause_that_brackets_open(self, at: int) -> int:
        """`(numb saddle, retention) all absent`: alone behind a bracket a denial speaks of all that stands in it."""
        rules, items = self._, self.items
        gaps = items.gaps[items.ends[at - 1] : items.firsts[at] + 1] if at > self.first else []
        if (
            not any(gap & CLOSE for gap in gaps)
            or self.mask & (rules.steady | rules.over)
            or any(items.masks[near] & ~rules.of_dismissal for near in self._clause_from(at))
        ):
            return self.clause
        for before in range(at - 1, self.first - 1, -1):
            if items.masks[before] & (rules.function | rules.numbers):
                return self.clause
            if items.gaps[items.firsts[before]] & OPEN:
                return items.clauses[before]
        return self.clause

    def _is_all_over(self, at: int) -> bool:
        """A clause that says no more than `settled fully`, or names nothing else, speaks of the clause before it."""
        rules, items = self._, self.items
        if (
            not self.mask & (rules.over | rules.dismissed)
            or at == self.first
            or items.clauses[at - 1] == self.clause
        ):
            return False
        longest = _LONGEST_OVER
        if self.mask & rules.dismissed:
            clause = self._clause_from(at)
            if not any(items.masks[near] & ~rules.of_dismissal for near in clause):
                longest = _LONGEST_CLOSED
            elif not self.mask & rules.over:
                return False
        place = items.ends[at]
        end = min(len(items.words), items.firsts[at] + longest)
        while place < end and not items.gaps[place] & (ENDS_CLAUSE | SENTENCE):
            place += 1
        return place == len(items.words) or bool(items.gaps[place] & (ENDS_CLAUSE | SENTENCE))

    def _deny_list_backward(self, at: int) -> None:
        """The bare clauses before a denial that closes a list: "fever, chills, weight loss denied".

        A bare pair whose first half is neurological is not clear: "leg weakness, fever denied" may deny both.
        """
        rules, items = self._, self.items
        clauses: list[list[int]] = []
        before = at - 1
        while before >= self.first and items.clauses[before] == self.clause:
            if items.masks[before] & (rules.denial | rules.turn):
                return
            before -= 1
        while before >= self.first:
            clause = [before]
            while (
                clause[-1] > self.first and items.clauses[clause[-1] - 1] == items.clauses[before]
            ):
                clause.append(clause[-1] - 1)
            if not self._is_bare(clause):
                break
            clauses.append(clause)
            before = clause[-1] - 1
        is_pair = len(clauses) == 1
        for clause in clauses:
            is_clear = not is_pair or not any(items.masks[place] & rules.neuro for place in clause)
            for place in clause:
                if not self.states[place] & DENIED:
                    self.states[place] |= DENIED if is_clear else UNCLEAR

    def _is_bare(self, clause: Sequence[int]) -> bool:
        """A few words with a finding and nothing that says more of it; from the last word to the first."""
        rules, items = self._, self.items
        findings = 0
        for place in clause:
            mask = items.masks[place]
            if mask & (rules.turn | rules.affirmed | rules.numbers | rules.cannot | rules.behind):
                return False
            if mask & rules.pain and not mask & rules.finding:
                return False
            findings += bool(mask & rules.finding)
        return bool(findings) and items.ends[clause[0]] - items.firsts[clause[-1]] <= _LONGEST_BARE

    def _turn(self, at: int) -> None:
        rules, items, mask = self._, self.items, self.mask
        is_head = at == self.first or items.clauses[at - 1] != self.clause
        is_condition = at + 1 < self.end and items.masks[at + 1] & (rules.if_ | rules.condition)
        if mask & rules.now and not is_condition:
            # "but now numb" ends advice, "come back now if numb" is advice
            self.might = False
        if mask & rules.opens_clause and is_head and self.reach == TO_SENTENCE_END:
            self.reach = NO_REACH
        elif mask & rules.soft_turn:
            if self.reach == OVER_LISTS and (
                self.denied_findings or self.clause != self.denial_clause
            ):
                self.reach = NO_REACH
            if self.denied_findings or mask & rules.fresh:
                self.past = False
        elif not self._is_behind_denial(at):
            if not (
                mask & rules.tells and self.reach == TO_SENTENCE_END and not self.denied_findings
            ):
                self.reach = NO_REACH
            self.past = False

    def _is_behind_denial(self, at: int) -> bool:
        """A word directly behind the denial does not end it: "no refiere fiebre"; "denies all except pain" does."""
        rules = self._
        return bool(
            self.reach
            and not self.mask & rules.excepts
            and not self.denied_findings
            and at > self.first
            and self.items.clauses[at - 1] == self.clause == self.denial_clause
            and self.items.masks[at - 1] & (rules.denial | rules.denial_of_all)
        )

    def _open_denial(self, at: int, mask: int) -> None:
        rules, items = self._, self.items
        place = items.ends[at]
        has_colon = place < len(items.words) and bool(items.gaps[place] & COLON)
        is_for_all = mask & rules.denial_of_all or has_colon
        self.reach = TO_SENTENCE_END if is_for_all else OVER_LISTS
        if items.word(at) in _GLUED and not has_colon:
            self.reach = CLAUSE_ALONE
        self.is_repeated = self.denial_clause == self.clause - 1 >= 0
        self.denial_clause = self.clause
        self.denied_findings = self.lists = 0
        self.denies_any = bool(mask & rules.denies_any)
        self.denies_enough = bool(mask & rules.denies_enough) and not has_colon
        self.is_denied_in_bracket = self.is_bracketed
        if mask & rules.history:
            self.past = True

    def _goes_on(self, at: int) -> bool:
        """Whether a list that began with `no` goes on in this clause: bare findings, no verb, number or severity."""
        rules, items = self._, self.items
        findings = 0
        longest = _LONGEST_BARE
        place = at
        if items.masks[at] & rules.imaging and self._is_alone(at):
            # "no trauma, surgery, infection": an operation in a list of findings
            return True
        while place < self.end and items.clauses[place] == self.clause:
            mask = items.masks[place]
            if mask & rules.turn and not mask & rules.with_:
                if findings and place > at and mask & rules.soft_turn:
                    break
                return False
            if mask & (rules.affirmed | rules.numbers | rules.cannot):
                return False
            if mask & rules.or_:
                longest = _LONGEST_CLOSED
            findings += bool(mask & rules.finding)
            place += 1
            if place - at > longest:
                return False
        if items.masks[at] & rules.and_or:
            return True
        return bool(findings) and items.ends[place - 1] - items.firsts[at] <= longest

    def _is_alone(self, at: int) -> bool:
        """The only item of its clause, and not the last of its sentence."""
        clauses = self.items.clauses
        return (
            at + 1 < self.end and clauses[at + 1] != clauses[at] and clauses[at - 1] != clauses[at]
        )

    def _is_list(self, at: int) -> bool:
        """A list of three or more, or one closed by `or`, is denied as a whole; a bare pair is not clear."""
        rules, items = self._, self.items
        if self.lists > 1:
            return True
        head = at
        while head > 0 and items.clauses[head - 1] == self.clause:
            head -= 1
        if items.masks[head] & rules.and_or:
            return True
        after, is_neuro = head, False
        while after < self.end and items.clauses[after] == self.clause:
            if items.masks[after] & rules.or_:
                return True
            is_neuro = is_neuro or bool(items.masks[after] & rules.neuro)
            after += 1
        if after < self.end and items.masks[after] & (rules.finding | rules.and_or):
            return True
        first_is_neuro = head > 0 and bool(items.masks[head - 1] & rules.neuro)
        return not is_neuro or (first_is_neuro and not self.is_repeated)
