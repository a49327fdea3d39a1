"""Forms and lists that were typed or pasted: their answers as signs that the lists of words have, line by line.

Every change keeps the length of the text, so that a quote can be cut from the text as it was written.
"""

from __future__ import annotations

import re
from typing import Final

from cds_service.evidence.text.class_bits import ClassBits
from cds_service.evidence.text.entries import Entry
from cds_service.evidence.text.tokens import WORD
from cds_service.knowledge.anchors import WordClasses

NO_SIGN: Final = "\u0274"
"""What stands for an answer of no: a small capital, which the English list has as a word of denial."""
_HAS_FORM: Final = re.compile(r"[\n|\[=:]|\( ?\)|\s-[\s.]|-no\b|\s0\s|\w /")
_MIDDLE_OF_LIST: Final = re.compile(r"(,|/|[^\W\d_]+)[ \t]*\n(?=[^\n])")
"""The end of a line at which a list goes on, or may."""
_BOX: Final = re.compile(r"\[ ?[_xyn\u2713\u2714\u221a]? ?\]|\( {1,2}\)")
_ANSWER_TO_BOX: Final = r"\s?(?:(?P<no>%s)|%s)(?!\w)"
_IN_BRACKETS: Final = r"\((?:(?P<no>%s)|%s)\)"
"""An answer in brackets: a sign as long as it is stands for it."""
_BOX_BEFORE: Final = re.compile(r"(?:^|[\n,;:.|/])\s*$")
_UNTICKED: Final = frozenset("[]() _")
_ANSWER: Final = (
    r"(?P<between>\s*[:=]\s*|\s+-\s*|\s*-\s+|(?<=\w)-|\s*\|\s*|\s)"
    r"(?P<answer>%s)(?=\s|[,;|.]|$|/(?!\d))(?!\.\d)"
)
_DASH_BEHIND: Final = re.compile(r"(?<=[a-z]) -(?=\.)")
"""`Babinski -.`: a dash between a word and the end of a sentence answers no."""
_ENDS_ANSWER: Final = re.compile(r"\s*(?:[,;/|.\n]|$)")
_LABEL_BEGINS: Final = re.compile(r"[,;/|.\n\[\]()?:=]|\+\)|-\)")
_FEWEST: Final = 2
"""Boxes or bare answers that make a form."""
_LONGEST_LABEL: Final = 6
_LONGEST_WRITTEN: Final = 80
"""Letters of a label."""
_LONGEST_ITEM: Final = 6
_BULLET: Final = re.compile(r"\s*(?:[-*\u00b7\u2013]|\d{1,2}[.)])\s+")


class Forms:
    """Reads the layout of forms. Built once; pure."""

    __slots__ = (
        "_and_or",
        "_answer",
        "_answer_to_box",
        "_denial",
        "_finding",
        "_function",
        "_in_brackets",
        "_says_more",
        "_table",
    )

    def __init__(self, bits: ClassBits, table: dict[str, Entry]) -> None:
        self._table = table
        no = self._either(bits.mask(WordClasses.ANSWERS_NO))
        yes = self._either(bits.mask(WordClasses.ANSWERS_YES))
        self._answer = re.compile(_ANSWER % no)
        self._answer_to_box = re.compile(_ANSWER_TO_BOX % (no, yes))
        self._in_brackets = re.compile(_IN_BRACKETS % (no, yes))
        self._denial = bits.mask(
            WordClasses.DENIAL,
            WordClasses.DENIAL_OF_ALL,
            WordClasses.DENIES_ANY,
            WordClasses.DENIES_FIRST,
            WordClasses.ANSWERS_NO,
        )
        self._and_or = bits.mask(WordClasses.AND_OR)
        self._finding = bits.of_role("finding")
        self._function = bits.with_flag("function")
        self._says_more = bits.mask(
            WordClasses.TURN,
            WordClasses.AFFIRMED,
            WordClasses.NUMBER,
            WordClasses.CANNOT,
            WordClasses.NEW,
            WordClasses.RAPID,
            WordClasses.PROGRESSIVE,
        ) & ~bits.mask(WordClasses.WITH)

    def plain(self, text: str, plain: str) -> str:
        """The folded text with signs in place of boxes and answers, and lists that run over lines in one line."""
        if "(" in plain:
            plain = self._in_brackets.sub(_sign, plain)
        if not _HAS_FORM.search(plain):
            return plain
        if "\n" in plain:
            plain = self._in_one_line(plain, has_bullets="\u2022" in text)
        plain = _DASH_BEHIND.sub(" " + NO_SIGN, plain)
        if "[" in plain or "( " in plain or "()" in plain:
            plain = self._with_boxes(plain)
        return self._with_answers(plain)

    def _either(self, classes: int) -> str:
        """A pattern of the words of some classes, in whatever language."""
        listed = [word for word, entry in self._table.items() if entry.in_any_language & classes]
        return "|".join(map(re.escape, sorted(listed, key=lambda word: (-len(word), word))))

    def _mask(self, words: list[str]) -> int:
        """The classes of words, and of the phrases that they make, in whatever language."""
        mask = 0
        for at, word in enumerate(words):
            entry = self._table.get(word)
            if entry is None:
                continue
            mask |= entry.in_any_language
            if entry.phrases is not None and at + 1 < len(words):
                for phrase in entry.phrases.get(words[at + 1], ()):
                    if tuple(words[at : at + phrase.length]) == phrase.words:
                        mask |= phrase.mask
        return mask

    def _in_one_line(self, plain: str, *, has_bullets: bool) -> str:
        """`no fever,` before the end of a line, and the lines below `Denies:`."""
        letters = list(plain)
        for match in _MIDDLE_OF_LIST.finditer(plain):
            last = match.group(1)
            if last in ",/" or self._mask([last]) & self._and_or:
                letters[match.end() - 1] = " "
        lines = "".join(letters).split("\n")
        written, is_list = lines[0], self._opens_list(lines[0])
        joint = " "
        for line in lines[1:]:
            if is_list and not line.strip() and has_bullets:
                written += " " + line
            elif is_list and self._is_item(line):
                bullet = _BULLET.match(line)
                bare = line if bullet is None else " " * bullet.end() + line[bullet.end() :]
                written += joint + bare
                joint = ","
            else:
                written += "\n" + line
                is_list, joint = self._opens_list(line), " "
        return written

    def _opens_list(self, line: str) -> bool:
        """A line that denies and ends with a colon."""
        line = line.rstrip()
        return line.endswith(":") and bool(self._mask(WORD.findall(line)) & self._denial)

    def _is_item(self, line: str) -> bool:
        """A few words, and none of them says more than the name of something: a number, a time, "but"."""
        bullet = _BULLET.match(line)
        words = WORD.findall(line if bullet is None else line[bullet.end() :])
        is_short = 0 < len(words) <= _LONGEST_ITEM and ":" not in words
        return is_short and not self._mask(words) & self._says_more

    def _with_answers(self, plain: str) -> str:
        """`Cancer: no | Fever - no`, `trauma none / fever none`: each answer denies what it follows, and ends it."""
        answers: list[re.Match[str]] = []
        begin = 0
        for match in self._answer.finditer(plain):
            if self._is_no(plain, match, begin):
                answers.append(match)
                begin = match.end()
        bare = [match for match in answers if match.group("between").isspace()]
        if len(bare) < _FEWEST:
            answers = [match for match in answers if not match.group("between").isspace()]
        is_table = plain.count("|") >= _FEWEST
        if not answers and not is_table:
            return plain
        letters = list(plain)
        for match in answers:
            first, end = match.start("between"), match.end("answer")
            letters[first:end] = [" "] * (end - first)
            letters[first + 1] = NO_SIGN
            if end < len(letters) and letters[end] in " ,/|":
                letters[end] = ";"
        if is_table:
            letters = [";" if letter == "|" else letter for letter in letters]
        return "".join(letters)

    def _is_no(self, plain: str, match: re.Match[str], begin: int) -> bool:
        """A word that answers no, behind a finding that is no function: `tone: none` is a loss."""
        between, end = match.group("between"), match.end()
        if _ENDS_ANSWER.match(plain, end) is None:
            if between != "-" and (match.group("answer") != "0" or not between.isspace()):
                return False
        elif between.isspace() and match.group("answer") != "0":
            rest = plain[end:].lstrip(" ")
            if rest and rest[0] not in "/|":
                return False
        begin = max(begin, match.start() - _LONGEST_WRITTEN)
        words = WORD.findall(_LABEL_BEGINS.split(plain[begin : match.start()])[-1])
        mask = self._mask(words)
        return (
            0 < len(words) <= _LONGEST_LABEL
            and bool(mask & self._finding)
            and not mask & (self._function | self._denial)
        )

    def _with_boxes(self, plain: str) -> str:
        """`[x] fever [ ] chills`: a box that is not ticked denies its item, and each item is for itself."""
        boxes = list(_BOX.finditer(plain))
        if len(boxes) < _FEWEST:
            return plain
        is_before = _BOX_BEFORE.search(plain[: boxes[0].start()]) is not None
        is_before = is_before or bool(plain[boxes[-1].end() :].strip(" .;,"))
        letters = list(plain)
        for box in boxes:
            is_no = _UNTICKED.issuperset(box.group()) or "n" in box.group()
            first, end = box.span()
            letters[first:end] = [" "] * (end - first)
            answer = self._answer_to_box.match(plain, end) if is_before else None
            if answer is not None:
                # "fever [ ] yes [x] no": the box says which answer holds
                letters[end : answer.end()] = [" "] * (answer.end() - end)
                if not is_no:
                    letters[first] = "+" if answer.group("no") is None else NO_SIGN
                    letters[answer.end() - 1] = ";"
                continue
            if is_before:
                if first and letters[first - 1] == " ":
                    letters[first - 1] = ";"
                letters[first] = "\u00f8" if is_no else "+"
            else:
                letters[first] = NO_SIGN if is_no else " "
                letters[end - 1] = ";"
        return "".join(letters)


def _sign(answer: re.Match[str]) -> str:
    return ("(+)" if answer.group("no") is None else "(-)").ljust(len(answer.group()))
