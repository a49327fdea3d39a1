from __future__ import annotations

from datetime import date

import pytest

from tests.shipped import index


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-06-14", date(2026, 6, 14), date(2026, 6, 14)),
        ("since 14 June 2026", date(2026, 6, 14), date(2026, 6, 14)),
        ("June 14, 2026", date(2026, 6, 14), date(2026, 6, 14)),
        ("on the 3rd of Sept 2025, after lifting", date(2025, 9, 3), date(2025, 9, 3)),
        ("June 2026", date(2026, 6, 1), date(2026, 6, 30)),
        ("seit 14. Juni 2026", date(2026, 6, 14), date(2026, 6, 14)),
        ("desde el 14 de junio de 2026", date(2026, 6, 14), date(2026, 6, 14)),
        ("le 14 juin 2026", date(2026, 6, 14), date(2026, 6, 14)),
        ("14 Haziran 2026", date(2026, 6, 14), date(2026, 6, 14)),
        ("14.06.2026", date(2026, 6, 14), date(2026, 6, 14)),
        ("seit 3.6.2026", date(2026, 6, 3), date(2026, 6, 3)),
        ("depuis le 14/06/2026", date(2026, 6, 14), date(2026, 6, 14)),
        ("06/14/2026", date(2026, 6, 14), date(2026, 6, 14)),
        ("2026/06/13", date(2026, 6, 13), date(2026, 6, 13)),
        ("since 2026.6.3", date(2026, 6, 3), date(2026, 6, 3)),
        ("6/6/2026", date(2026, 6, 6), date(2026, 6, 6)),
        ("noted 2026-06-13T00:00:01.000Z", date(2026, 6, 13), date(2026, 6, 13)),
    ],
)
def test_a_date_in_a_sentence_is_a_date(text: str, first: date, last: date) -> None:
    found = index().word_dates.read(text)
    assert found is not None
    assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "14 June",
        "06/07/2026",
        "31 June 2026",
        "31.06.2026",
        "13/13/2026",
        "1.06.14.2026",
        "may be since 2024",
        "for weeks",
        "",
        None,
    ],
)
def test_what_names_no_day_with_its_year_is_no_date(text: str | None) -> None:
    """The near-miss: a month without a year, figures in an order that nobody knows, a day that is not."""
    assert index().word_dates.read(text) is None
