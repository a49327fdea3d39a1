"""Runs the migrations on the connection, and inside the transaction, that `upgrade` opened."""

from alembic import context

from cds_service.history.models import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
)
context.run_migrations()
