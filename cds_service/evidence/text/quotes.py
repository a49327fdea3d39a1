"""The words of a text as they were written, by the places of the words that were read."""

from __future__ import annotations

from cds_service.evidence.text.folding import original_places
from cds_service.evidence.text.items import Items
from cds_service.evidence.text.model import MAX_QUOTE


class Quotes:
    """Places of words in one text, worked out when the first one is asked for."""

    __slots__ = ("_items", "_places", "_starts")

    def __init__(self, items: Items) -> None:
        self._items = items
        self._starts: list[int] = []
        self._places = original_places(items.text)

    def places(self, first: int, end: int) -> tuple[int, int]:
        """Where the words `first` to `end` (not included) begin and end in the text as written."""
        items = self._items
        starts, piece_of = self._starts or self._measured(), items.piece_of
        last = piece_of[end - 1] if end <= len(piece_of) else piece_of[-1]
        start, stop = starts[piece_of[first]], starts[last] + len(items.pieces[last])
        if self._places is not None:
            return self._places[start], self._places[stop - 1] + 1
        return start, stop

    def _measured(self) -> list[int]:
        """The pieces stand in the text in their order, with nothing but signs that are no pieces between them."""
        find, add, at = self._items.plain.find, self._starts.append, 0
        for piece in self._items.pieces:
            at = find(piece, at)
            add(at)
            at += len(piece)
        return self._starts

    def cut(self, start: int, stop: int) -> str:
        """The text as written from one place to another, at most `MAX_QUOTE` characters, cut at words."""
        text = self._items.text
        if stop - start <= MAX_QUOTE:
            quote = text[start:stop]
            if "\n" not in quote and "  " not in quote:
                return quote
        quote = text[start : min(stop, start + 4 * MAX_QUOTE)]
        quote = " ".join(quote.split())
        if len(quote) <= MAX_QUOTE:
            return quote
        return f"{quote[: MAX_QUOTE - 1].rsplit(' ', 1)[0]}\u2026"

    def of_words(self, first: int, end: int) -> str:
        """The words `first` to `end` (not included) as written, cut at words."""
        return self.cut(*self.places(first, end))
