from __future__ import annotations

from gateway.store.tables import deliveries, metadata


def test_scheduling_columns_of_deliveries_each_have_a_sparse_index() -> None:
    """Their whole use is an index without the rows that are not the answer."""
    sparse = {
        index.name: str(index.dialect_options["sqlite"]["where"])
        for index in deliveries.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    }
    assert sparse == {
        "ix_deliveries_turn": "deliveries.turn IS NOT NULL",
        "ix_deliveries_wakes_at": "deliveries.wakes_at IS NOT NULL",
        "ix_deliveries_window": "deliveries.window_lane IS NOT NULL",
        "ix_deliveries_claimed_by": "deliveries.claimed_by IS NOT NULL",
        "ix_deliveries_deadline": "deliveries.deadline IS NOT NULL",
        "ix_deliveries_mail": "deliveries.mail_number IS NOT NULL",
        "ix_deliveries_offered": "deliveries.offered_number IS NOT NULL",
        "ix_deliveries_offered_at": "deliveries.offered_at IS NOT NULL",
        "ix_deliveries_trouble": "deliveries.trouble IS NOT NULL",
    }


def test_conditions_are_the_same_for_both_databases() -> None:
    for table in metadata.tables.values():
        for index in table.indexes:
            conditions = {str(index.dialect_options[name]["where"]) for name in ("sqlite", "postgresql")}
            assert len(conditions) == 1, index.name


def test_numbers_of_rows_that_are_forgotten_are_never_given_again() -> None:
    numbered = {"control_out", "duties", "deliveries", "quarantine", "refused", "directory_versions"}
    for name in numbered | {"subscriptions", "notices", "prepared_directories"}:
        assert metadata.tables[name].dialect_options["sqlite"]["autoincrement"], name


def test_every_name_fits_the_shorter_limit_of_the_two_databases() -> None:
    for table in metadata.tables.values():
        names = [table.name, *(column.name for column in table.columns), *(i.name for i in table.indexes)]
        names += [constraint.name for constraint in table.constraints if constraint.name]
        assert all(len(str(name)) <= 63 for name in names)
