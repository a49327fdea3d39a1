import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.knowledge.check_digits import is_loinc, is_snomed


@pytest.mark.parametrize("code", ["386661006", "571891000119109", "22298006"])
def test_a_snomed_code_checks(code: str) -> None:
    assert is_snomed(code)


@pytest.mark.parametrize(
    "code", ["386661007", "386616006", "38666106", "", "12345", "38666100x", "1" * 19, "٣٨٦٦٦١٠٠٦"]
)
def test_a_slip_in_a_snomed_code_does_not(code: str) -> None:
    assert not is_snomed(code)


@pytest.mark.parametrize("code", ["1988-5", "8310-5", "30522-7", "98979-8"])
def test_a_loinc_code_checks(code: str) -> None:
    assert is_loinc(code)


@pytest.mark.parametrize(
    "code", ["1988-6", "1898-5", "1988", "1988-", "-5", "", "1988-55", "LA33-6"]
)
def test_a_slip_in_a_loinc_code_does_not(code: str) -> None:
    assert not is_loinc(code)


@given(st.integers(min_value=10_000, max_value=10**17 - 1), st.integers(0, 15))
def test_two_swapped_digits_never_check(number: int, place: int) -> None:
    code = next(f"{number}{digit}" for digit in range(10) if is_snomed(f"{number}{digit}"))
    place %= len(code) - 1
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert swapped == code or not is_snomed(swapped)


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    assert is_snomed(text) in (True, False)
    assert is_loinc(text) in (True, False)
