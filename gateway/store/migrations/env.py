"""
Run by Alembic for each command; `migrate.py` hands it the connection.
"""

from __future__ import annotations

from alembic import context

from gateway.store.tables import metadata


def run() -> None:
    """Bring the database of the running command to its target."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        render_as_batch=True,  # SQLite changes a column by making the table anew
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if not __package__:  # Alembic runs this file by its path; imported by name it does nothing
    run()
