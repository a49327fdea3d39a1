"""Check digits of SNOMED CT and LOINC: they catch most slips in copying a code."""

from __future__ import annotations

from typing import Final

_TURN: Final = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
_ROTATIONS: Final = 5
_SNOMED_LENGTHS: Final = range(6, 19)
_FIRST_ROW: Final = tuple(range(10))


def _dihedral(left: int, right: int) -> int:
    """Product in the dihedral group of order 10, on which Verhoeff's digit rests."""
    turned = (left + right if left < _ROTATIONS else left - right) % _ROTATIONS
    return turned if (left < _ROTATIONS) == (right < _ROTATIONS) else turned + _ROTATIONS


def _turns() -> tuple[tuple[int, ...], ...]:
    rows = [_FIRST_ROW]
    for _ in range(7):
        rows.append(tuple(_TURN[digit] for digit in rows[-1]))
    return tuple(rows)


_ROWS: Final = _turns()
_PRODUCTS: Final = tuple(
    tuple(_dihedral(left, right) for right in _FIRST_ROW) for left in _FIRST_ROW
)


def is_snomed(code: str) -> bool:
    """True for 6 to 18 digits whose last is the Verhoeff digit of the others."""
    if not (code.isascii() and code.isdecimal() and len(code) in _SNOMED_LENGTHS):
        return False
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = _PRODUCTS[check][_ROWS[place % 8][int(digit)]]
    return check == 0


def is_loinc(code: str) -> bool:
    """True for a number and, behind a hyphen, its modulus 10 digit."""
    number, _, digit = code.rpartition("-")
    if not (code.isascii() and number.isdecimal() and digit.isdecimal() and len(digit) == 1):
        return False
    total = 0
    for place, found in enumerate(reversed(number)):
        value = int(found) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return (10 - total % 10) % 10 == int(digit)
