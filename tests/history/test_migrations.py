"""The migrations make exactly the tables that the models describe."""

import multiprocessing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from cds_service.history.database import (
    current_revision,
    newest_revision,
    open_engine,
    upgrade,
    upgrade_database,
)
from cds_service.history.models import Row


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


def test_an_empty_database_has_no_revision(url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        assert current_revision(connection) is None
        assert inspect(connection).get_table_names() == []
    engine.dispose()


def test_workers_that_start_at_once_upgrade_once(url: str) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(upgrade_database, [url] * 4) == [newest_revision()] * 4


def test_the_database_is_in_wal_mode(url: str) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()
