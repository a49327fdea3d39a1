"""Commands for the history: bringing its tables up to date, and forgetting."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cds_service.cli import commands, prepare_history
from cds_service.errors import SettingsError
from cds_service.history.database import is_up_to_date, open_engine
from cds_service.history.pseudonyms import Pseudonyms
from cds_service.history.records import CallRecord
from cds_service.history.store import HistoryStore
from cds_service.settings import Settings


def run(folder: Path, *arguments: str) -> Result:
    environ = {"SPINE_CDS_DATABASE_URL": f"sqlite:///{folder}/history.sqlite"}
    return CliRunner().invoke(commands, arguments, env=environ)


def record(store: HistoryStore, when: datetime) -> None:
    store.record_call(
        CallRecord(
            received_at=when,
            as_of=date(2026, 6, 15),
            service_id="spine-imaging-order-select",
            hook="order-select",
            hook_instance="i",
            client_id="open",
            tenant=None,
            patient_id="p1",
            guideline_id="spine-imaging",
            guideline_version="2026.1",
            is_shown=True,
            cards=(),
        )
    )


def test_upgrade_makes_the_tables_and_may_run_again(tmp_path):
    for _ in range(2):
        result = run(tmp_path, "database", "upgrade")
        assert result.exit_code == 0
        assert "revision" in result.output
    engine = open_engine(f"sqlite:///{tmp_path}/history.sqlite")
    assert is_up_to_date(engine)
    engine.dispose()


def test_purge_forgets_what_came_before_the_day_and_keeps_the_day(tmp_path):
    store = HistoryStore(f"sqlite:///{tmp_path}/history.sqlite", Pseudonyms(b"k" * 32))
    store.upgrade()
    record(store, datetime(2026, 5, 31, 23, 59, tzinfo=UTC))
    record(store, datetime(2026, 6, 1, tzinfo=UTC))
    store.close()
    assert "Forgotten: 1 calls" in run(tmp_path, "purge", "--before", "2026-06-01").output
    assert "Forgotten: 0 calls" in run(tmp_path, "purge", "--before", "2026-06-01").output


@pytest.mark.parametrize(
    "day", [(), ("--before",), ("--before", "june"), ("--before", "2026-13-01")]
)
def test_purge_without_a_day_is_wrong_usage(tmp_path, day):
    assert run(tmp_path, "purge", *day).exit_code == 2


@pytest.mark.parametrize("command", [("database", "upgrade"), ("purge", "--before", "2026-06-01")])
def test_a_database_that_fails_is_told_without_its_address(tmp_path, command):
    (tmp_path / "history.sqlite").write_bytes(b"no database at all, only words" * 200)
    result = run(tmp_path, *command)
    assert result.exit_code == 1
    assert "DatabaseError" in result.output
    assert str(tmp_path) not in result.output


def test_a_start_makes_tables_and_key_and_tells_mistakes(tmp_path):
    settings = Settings(database_url=f"sqlite:///{tmp_path}/h.sqlite", history_key=tmp_path / "key")
    prepare_history(settings)
    assert (tmp_path / "key").exists()
    with pytest.raises(SettingsError, match="SPINE_CDS_DATABASE_URL"):
        prepare_history(settings.model_copy(update={"database_url": "mysql://x/y"}))


def test_a_start_with_a_database_that_does_not_answer_warns_and_goes_on(tmp_path, capsys):
    (tmp_path / "h.sqlite").write_bytes(b"no database at all, only words" * 200)
    prepare_history(
        Settings(database_url=f"sqlite:///{tmp_path}/h.sqlite", history_key=tmp_path / "key")
    )
    assert "Calls are answered and not recorded" in capsys.readouterr().err
