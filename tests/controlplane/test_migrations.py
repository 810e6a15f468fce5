"""What migrations promise: the version before them can go on with the database."""

import pytest
from django.db.migrations import AddField
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

SQUASHED = {"workflows": 25, "transactions": 20}  # the last one that no installation is without


@pytest.mark.parametrize("app", SQUASHED)
def test_a_column_that_was_added_can_be_left_out_by_whoever_does_not_know_it(app: str) -> None:
    loader = MigrationLoader(None)
    state = loader.project_state()
    later = [
        migration
        for (label, name), migration in loader.disk_migrations.items()
        if label == app and "squashed" not in name and int(name[:4]) > SQUASHED[app]
    ]
    for migration in later:
        for operation in migration.operations:
            if isinstance(operation, AddField):
                model = state.models[app, operation.model_name.lower()]
                field = model.fields.get(operation.name)
                where = f"{migration} {operation.model_name}.{operation.name}"
                assert field is None or field.null or field.db_default is not NOT_PROVIDED, where
