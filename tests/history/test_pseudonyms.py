"""Pseudonyms join, and tell nothing."""

import stat
from pathlib import Path

import pytest

from cds_service.errors import HistoryUnavailable, SettingsError
from cds_service.history.pseudonyms import Pseudonyms, load_pseudonyms


def test_the_same_identifier_gives_the_same_pseudonym() -> None:
    made = Pseudonyms(b"k" * 32)
    assert made.of("patient", "p1") == made.of("patient", "p1")
    assert made.of("patient", "p1") != made.of("patient", "p2")


def test_a_pseudonym_depends_on_kind_key_and_parts() -> None:
    made = Pseudonyms(b"k" * 32)
    same = {
        made.of("patient", "p1"),
        made.of("order", "p1"),
        Pseudonyms(b"l" * 32).of("patient", "p1"),
        made.of("patient", "p", "1"),
        made.of("patient", "", "p1"),
    }
    assert len(same) == 5


def test_text_that_is_no_unicode_gets_a_pseudonym_too() -> None:
    assert len(Pseudonyms(b"k" * 32).of("patient", "\ud800")) == 32


def test_the_key_never_shows() -> None:
    assert "kkk" not in repr(Pseudonyms(b"k" * 32))


def test_the_key_file_is_made_once_and_private(tmp_path: Path) -> None:
    path = tmp_path / "var" / "history.key"
    first, second = load_pseudonyms(path), load_pseudonyms(path)
    assert first == second
    assert len(first.key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["history.key"]


@pytest.mark.parametrize("text", ["", "not hex", "abcd"])
def test_a_key_file_without_a_key_is_a_mistake_in_the_settings(tmp_path: Path, text: str) -> None:
    path = tmp_path / "history.key"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_pseudonyms(path)
    assert "not hex" not in str(caught.value).replace("not hex digits", "")


def test_a_place_that_cannot_be_written_is_no_mistake_in_the_settings() -> None:
    with pytest.raises(HistoryUnavailable, match="neither read nor made"):
        load_pseudonyms(Path("/proc/version/history.key"))
