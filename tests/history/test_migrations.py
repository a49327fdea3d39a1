"""The migrations make exactly the tables that the models describe."""

import multiprocessing
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, insert, inspect, text

from cds_service.errors import HistoryUnavailable
from cds_service.history.calls import CallDetail, StoredCard, StoredOrder, calls_between
from cds_service.history.counts import total_counts
from cds_service.history.database import (
    REVISIONS,
    current_revision,
    newest_revision,
    open_engine,
    upgrade,
    upgrade_database,
)
from cds_service.history.migrating import alembic_configuration
from cds_service.history.models import Call, Row
from cds_service.history.queries import CardOutcomes, card_outcomes

OLD = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/history.sqlite"


def test_after_the_upgrade_the_tables_are_those_of_the_models(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Row.metadata) == []
    engine.dispose()


def test_the_upgrade_says_where_it_is_and_may_run_again(url: str) -> None:
    assert upgrade_database(url) == newest_revision()
    assert upgrade_database(url) == newest_revision()
    engine = open_engine(url)
    with engine.connect() as connection:
        assert current_revision(connection) == newest_revision()
    engine.dispose()


def test_the_revisions_are_those_of_the_migrations() -> None:
    scripts = ScriptDirectory.from_config(alembic_configuration()).walk_revisions()
    assert [script.revision for script in scripts] == [*reversed(REVISIONS)]


@pytest.mark.parametrize(("is_new", "imports"), [(True, "True"), (False, "False")])
def test_alembic_is_imported_only_where_tables_change(url: str, is_new: bool, imports: str) -> None:
    if not is_new:
        upgrade_database(url)
    program = (
        "import sys; from cds_service.history.store import HistoryStore; "
        f"HistoryStore({url!r}, None).upgrade(); print('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == imports


def test_an_empty_database_has_no_revision(url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        assert current_revision(connection) is None
        assert inspect(connection).get_table_names() == []
    engine.dispose()


def test_workers_that_start_at_once_upgrade_once(url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(upgrade_database, [url] * 4) == [newest_revision()] * 4


def insert_old_calls(engine: Engine) -> None:
    """One call with an order, two cards and a suggestion each, and feedback; and an empty call of silent mode."""
    configuration = alembic_configuration()
    with engine.execution_options(writes=True).begin() as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, "0001")
        for statement in OLD_ROWS.split(";"):
            connection.exec_driver_sql(statement)


OLD_ROWS = """
INSERT INTO call VALUES (7, '2026-06-15 12:00:00.000000', '2026-06-15', 's', 'order-select', 'ehr', 'north', 'hook',
    'patient', 'spine-imaging', '2026.1', 1, '[["devices","not-provided"]]');
INSERT INTO call VALUES (9, '2026-06-16 12:00:00.000000', '2026-06-16', 's', 'order-sign', 'ehr', NULL, 'hook2',
    'patient', 'spine-imaging', '2026.1', 0, '[]');
INSERT INTO call_order VALUES (1, 7, 'order', 'MR', '["lumbar"]', 'without', NULL, 'undetermined', 'routine',
    '["age-70"]');
INSERT INTO call_card VALUES (1, 7, 'c1', 'not-yet-indicated', 'info', 'order');
INSERT INTO call_card VALUES (2, 7, 'c2', 'partial-data', 'info', NULL);
INSERT INTO call_suggestion VALUES (1, 1, 'c1-s', 'cancel');
INSERT INTO call_suggestion VALUES (2, 2, 'c2-s', 'other');
INSERT INTO card_feedback VALUES (1, 'same', '2026-06-15 13:00:00.000000', 's', 'ehr', 'c1', 'accepted', NULL,
    '["c1-s"]', NULL, NULL, NULL, NULL)
"""


def test_calls_of_before_are_moved_whole_and_counted(url: str) -> None:
    engine = open_engine(url)
    insert_old_calls(engine)
    upgrade(engine)
    first, second = calls_between(engine, OLD, datetime(2027, 1, 1, tzinfo=UTC))
    assert first.received_at == datetime(2026, 6, 15, 12, tzinfo=UTC)
    assert first.detail == CallDetail(
        as_of=date(2026, 6, 15),
        service="s",
        hook="order-select",
        hook_instance="hook",
        guideline="spine-imaging",
        version="2026.1",
        tenant="north",
        gaps=(("devices", "not-provided"),),
        orders=(
            StoredOrder(
                "order", "MR", ("lumbar",), "without", None, "undetermined", "routine", ("age-70",)
            ),
        ),
        cards=(
            StoredCard("c1", "not-yet-indicated", "info", "order", (("c1-s", "cancel"),)),
            StoredCard("c2", "partial-data", "info", None, (("c2-s", "other"),)),
        ),
    )
    assert (second.is_shown, second.detail.tenant, second.detail.cards) == (False, None, ())
    assert card_outcomes(engine, OLD, datetime(2027, 1, 1, tzinfo=UTC)) == (
        CardOutcomes("not-yet-indicated", 1, 1, 0),
        CardOutcomes("partial-data", 1, 0, 0),
    )
    days = (date(2026, 1, 1), date(2027, 1, 1))
    assert total_counts(engine, "card", *days) == {"not-yet-indicated": 1, "partial-data": 1}
    assert total_counts(engine, "calls", *days) == {"shown": 1, "silent": 1}
    assert total_counts(engine, "criterion", *days) == {"age-70": 1}
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
    assert tables == {"alembic_version", *Row.metadata.tables}
    engine.dispose()


def test_new_calls_stand_beside_those_that_were_moved(url: str) -> None:
    engine = open_engine(url)
    insert_old_calls(engine)
    upgrade(engine)
    with engine.execution_options(writes=True).begin() as connection:
        row = {"received_at": OLD, "client_id": "x", "patient_hash": "p", "is_shown": True}
        connection.execute(insert(Call).values(**row, detail="{}"))
        assert connection.execute(text("SELECT max(id) FROM call")).scalar() == 10
    engine.dispose()


def test_tables_of_a_newer_version_are_left_alone(url: str) -> None:
    upgrade_database(url)
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(HistoryUnavailable, match="newer version"):
        upgrade(engine)
    with engine.connect() as connection:
        assert current_revision(connection) == "9999"
    engine.dispose()


def test_the_database_is_in_wal_mode(url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()
