"""Answers that are worked out when they are first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

_Answer = TypeVar("_Answer")


class kept(Generic[_Answer]):  # noqa: N801 - reads as what it does, above a method
    """Worked out once, then an ordinary attribute: `functools.cached_property` without its lock.

    A call runs in one thread; until Python 3.12 the lock costs more than most of the answers.
    """

    def __init__(self, work_out: Callable[[Any], _Answer]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    def __get__(self, owner: Any, _: type | None = None) -> _Answer:
        answer = owner.__dict__[self._name] = self._work_out(owner)
        return answer
