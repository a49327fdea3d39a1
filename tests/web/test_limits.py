"""Limits count by client, and say when to come back."""

import pytest

from cds_service.errors import SettingsError, TooManyRequests
from cds_service.web.limits import Rate, RateLimit, parse_rate


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def _limit(text: str) -> tuple[RateLimit, Clock]:
    clock = Clock()
    return RateLimit(parse_rate(text), clock), clock


def _is_refused(limit: RateLimit, client: str = "a") -> bool:
    try:
        limit.count_call(client)
    except TooManyRequests:
        return True
    return False


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("600/minute", Rate(600, 60)),
        ("1/second", Rate(1, 1)),
        (" 5/hour ", Rate(5, 3600)),
        ("9999999/day", Rate(9_999_999, 86_400)),
    ],
)
def test_a_rate_is_read(text: str, rate: Rate) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize(
    "text",
    ["", "600", "0/minute", "-1/minute", "600/week", "600 per minute", "1.5/second", "٣/day"],
)
def test_what_is_no_rate_is_a_mistake_in_the_settings(text: str) -> None:
    with pytest.raises(SettingsError):
        parse_rate(text)


def test_the_call_above_the_rate_is_refused() -> None:
    limit, _ = _limit("3/minute")
    assert [_is_refused(limit) for _ in range(5)] == [False, False, False, True, True]


def test_one_client_does_not_use_up_the_calls_of_another() -> None:
    limit, _ = _limit("1/minute")
    assert not _is_refused(limit, "a")
    assert not _is_refused(limit, "b")
    assert _is_refused(limit, "a")


@pytest.mark.parametrize(
    ("rate", "wait"), [("1/second", 1), ("2/minute", 30), ("600/minute", 1), ("1/day", 86_400)]
)
def test_whoever_waits_as_told_may_call_again(rate: str, wait: int) -> None:
    limit, clock = _limit(rate)
    refused: TooManyRequests | None = None
    while refused is None:
        try:
            limit.count_call("a")
        except TooManyRequests as error:
            refused = error
    assert refused.retry_after == wait
    clock.now += refused.retry_after
    assert not _is_refused(limit)


def test_refused_calls_cost_nothing() -> None:
    limit, clock = _limit("1/minute")
    _is_refused(limit)
    for _ in range(100):
        assert _is_refused(limit)
    clock.now += 60
    assert not _is_refused(limit)


def test_quiet_time_is_not_saved_up_beyond_the_rate() -> None:
    limit, clock = _limit("2/minute")
    _is_refused(limit)
    clock.now += 86_400
    assert [_is_refused(limit) for _ in range(3)] == [False, False, True]
