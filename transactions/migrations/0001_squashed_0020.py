"""The tables as 0001 to 0020 leave them, with what their groups may do: what a new database runs instead."""

from importlib import import_module

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import transactions.models.transactions
import workflows.models.fields


def seed(apps, schema_editor):
    """Last, for it wants every table."""
    import_module("transactions.migrations.0012_roles_of_hooks").seed(apps, schema_editor)


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("transactions", "0001_initial"),
        ("transactions", "0002_relations"),
        ("transactions", "0003_roles"),
        ("transactions", "0004_choice_problem"),
        ("transactions", "0005_visit_next"),
        ("transactions", "0006_log_readings"),
        ("transactions", "0007_roles_of_log_readings"),
        ("transactions", "0008_presets"),
        ("transactions", "0009_roles_of_presets"),
        ("transactions", "0010_listed"),
        ("transactions", "0011_hooks"),
        ("transactions", "0012_roles_of_hooks"),
        ("transactions", "0013_inbound_hooks"),
        ("transactions", "0014_roles_of_inbound_hooks"),
        ("transactions", "0015_token_digests"),
        ("transactions", "0016_redrives"),
        ("transactions", "0018_unique_references"),
        ("transactions", "0019_lean_indexes"),
        ("transactions", "0020_unread_rules"),
    ]

    dependencies = [
        ("workflows", "0001_squashed_0025"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Transaction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=transactions.models.transactions.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("accepted", "Accepted"),
                            ("starting", "Starting"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("timed_out", "Timed out"),
                            ("aborted", "Stopped"),
                        ],
                        default="accepted",
                        max_length=12,
                    ),
                ),
                (
                    "reference",
                    models.CharField(blank=True, default="", help_text="The asker's own name for it.", max_length=200),
                ),
                (
                    "holds_reference",
                    models.BooleanField(default=False, help_text="No other of its workflow there may have it."),
                ),
                ("input", models.TextField(help_text="The JSON text as sent, number for number.")),
                ("output", models.TextField(blank=True, null=True)),
                ("error", models.CharField(blank=True, default="", max_length=256)),
                ("cause", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "waiting_since",
                    models.DateTimeField(blank=True, help_text="AWS could not be reached since then.", null=True),
                ),
                (
                    "waiting_for",
                    models.TextField(blank=True, default="", help_text="What AWS said when it last refused."),
                ),
                ("stuck_since", models.DateTimeField(blank=True, null=True)),
                ("stop_requested_at", models.DateTimeField(blank=True, null=True)),
                ("redrive_requested_at", models.DateTimeField(blank=True, null=True)),
                (
                    "redrive_problem",
                    models.TextField(blank=True, default="", help_text="Why AWS would not redrive it."),
                ),
                (
                    "version",
                    models.PositiveIntegerField(default=1, help_text="Grows with every change a page would show."),
                ),
                (
                    "next_attempt_at",
                    models.DateTimeField(
                        blank=True, help_text="When a worker should look at it to start it.", null=True
                    ),
                ),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "deployment",
                    models.ForeignKey(
                        help_text="Live when accepted.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workflows.deployment",
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workflows.environment"
                    ),
                ),
                (
                    "redrive_requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rerun_of",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reruns",
                        to="transactions.transaction",
                    ),
                ),
                (
                    "revision",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workflows.workflowrevision",
                    ),
                ),
                (
                    "stop_requested_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workflows.workflow",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("submit", "Can submit a transaction"),
                    ("stop", "Can stop a transaction"),
                    ("rerun", "Can run a transaction again"),
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["accepted", "starting"])),
                        fields=["next_attempt_at"],
                        name="transaction_due",
                    ),
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True), ("stop_requested_at__isnull", False)),
                        fields=["stop_requested_at"],
                        name="transaction_to_stop",
                    ),
                    models.Index(
                        condition=models.Q(("redrive_requested_at__isnull", False)),
                        fields=["redrive_requested_at"],
                        name="transaction_to_redrive",
                    ),
                    models.Index(fields=["workflow", "status", "environment", "-id"], name="transaction_listed"),
                    models.Index(fields=["status", "environment", "-id"], name="transaction_listed_by_status"),
                    models.Index(
                        condition=models.Q(("reference", ""), _negated=True),
                        fields=["reference", "-id"],
                        name="transaction_by_reference",
                    ),
                    models.Index(
                        condition=models.Q(("rerun_of__isnull", False)), fields=["rerun_of"], name="transaction_rerun"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("holds_reference", True)),
                        fields=("workflow", "environment", "reference"),
                        name="one_transaction_per_reference",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Execution",
            fields=[
                (
                    "transaction",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="execution",
                        serialize=False,
                        to="transactions.transaction",
                    ),
                ),
                ("arn", models.CharField(blank=True, default="", max_length=300)),
                (
                    "definition",
                    models.TextField(
                        blank=True, default="", help_text="Read back from AWS where it differs from the deployment's."
                    ),
                ),
                (
                    "status",
                    models.CharField(blank=True, default="", help_text="AWS's own word, as last seen.", max_length=16),
                ),
                ("redrives", models.PositiveIntegerField(default=0)),
                ("events_read", models.PositiveIntegerField(default=0, help_text="Id of the last event kept.")),
                (
                    "links",
                    models.CharField(
                        blank=True, default="", help_text="How events were linked: recorded or inferred.", max_length=12
                    ),
                ),
                (
                    "token_digests",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="Of its task tokens: by these they are found in log lines, and replaced.",
                    ),
                ),
                (
                    "read_at",
                    models.DateTimeField(blank=True, help_text="When its whole history had been read.", null=True),
                ),
                (
                    "watched_until",
                    models.DateTimeField(blank=True, help_text="Somebody looks at it: read it first.", null=True),
                ),
                ("next_sync_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, null=True)),
                ("problem", models.TextField(blank=True, default="", help_text="Why its history could not be read.")),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_sync_at__isnull", False)),
                        fields=["next_sync_at"],
                        name="execution_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(help_text="AWS's event id.")),
                ("previous", models.PositiveIntegerField(blank=True, null=True)),
                ("type", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("state", models.CharField(blank=True, default="", max_length=80)),
                ("details", models.JSONField(default=dict)),
                (
                    "execution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="events", to="transactions.execution"
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [models.UniqueConstraint(fields=("execution", "number"), name="one_event_per_number")],
            },
        ),
        migrations.CreateModel(
            name="ChoiceResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("state", models.CharField(max_length=80)),
                (
                    "next",
                    models.CharField(
                        blank=True, default="", help_text="Observed; empty when it led nowhere.", max_length=80
                    ),
                ),
                ("entered_event", models.PositiveIntegerField(default=0, help_text="Where its state was entered.")),
                ("rule", models.JSONField(help_text="Index from 0, 'default', or null.", null=True)),
                ("explained_next", models.CharField(blank=True, default="", max_length=80)),
                ("agrees", models.BooleanField()),
                ("rules", models.JSONField(default=list)),
                (
                    "unread",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Index from 0 of the rule that could not be read: it failed there.",
                        null=True,
                    ),
                ),
                ("problem", models.TextField(blank=True, default="", help_text="Why it could not be explained.")),
                ("at", models.DateTimeField(null=True)),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workflows.workflow"
                    ),
                ),
                (
                    "execution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="choices", to="transactions.execution"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "indexes": [models.Index(fields=["workflow", "state", "next", "-execution"], name="choice_by_branch")],
                "constraints": [
                    models.UniqueConstraint(fields=("execution", "position"), name="one_choice_per_position")
                ],
            },
        ),
        migrations.CreateModel(
            name="BusinessKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("text", models.CharField(max_length=200)),
                ("number", models.DecimalField(blank=True, decimal_places=12, max_digits=40, null=True)),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workflows.workflow"
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="keys", to="transactions.transaction"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["text", "-transaction"], name="key_by_text"),
                    models.Index(fields=["name", "number", "-transaction"], name="key_by_number"),
                ],
                "constraints": [models.UniqueConstraint(fields=("transaction", "name"), name="one_value_per_key")],
            },
        ),
        migrations.CreateModel(
            name="Hook",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=transactions.models.transactions.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("target_url", models.CharField(max_length=2000)),
                ("events", models.JSONField(default=list, help_text="Such as transaction.succeeded.")),
                (
                    "branch",
                    models.CharField(
                        blank=True, default="", help_text="state->next; either may be left out.", max_length=170
                    ),
                ),
                (
                    "conditions",
                    models.JSONField(
                        blank=True, default=list, help_text="Such as amount > 100; all of them must hold."
                    ),
                ),
                ("secret", workflows.models.fields.EncryptedTextField(blank=True, default="")),
                ("former_secret", workflows.models.fields.EncryptedTextField(blank=True, default="")),
                (
                    "former_until",
                    models.DateTimeField(blank=True, help_text="Until then the former secret signs too.", null=True),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("unverified", "Not verified"),
                            ("live", "Live"),
                            ("off", "Off"),
                            ("deleted", "Deleted"),
                        ],
                        default="unverified",
                        max_length=12,
                    ),
                ),
                ("problem", models.TextField(blank=True, default="", help_text="Why it was switched off.")),
                ("created_at", models.DateTimeField()),
                (
                    "live_since",
                    models.DateTimeField(blank=True, help_text="Facts from before then are not for it.", null=True),
                ),
                ("off_since", models.DateTimeField(blank=True, null=True)),
                (
                    "failing_since",
                    models.DateTimeField(blank=True, help_text="Nothing has reached it since then.", null=True),
                ),
                (
                    "held_until",
                    models.DateTimeField(blank=True, help_text="Its receiver asked for quiet until then.", null=True),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workflows.environment",
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workflows.workflow",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "permissions": [("manage_hooks", "Can manage hooks")],
                "indexes": [models.Index(fields=["status"], name="hook_by_status")],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=transactions.models.transactions.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        help_text="Such as transaction.succeeded; ping is told of nothing.", max_length=60
                    ),
                ),
                ("subject", models.CharField(help_text="Id of what it tells of.", max_length=64)),
                ("body", models.TextField(help_text="The JSON text, byte for byte as it is signed.")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                            ("not_sent", "Not sent"),
                        ],
                        default="pending",
                        max_length=12,
                    ),
                ),
                ("reason", models.TextField(blank=True, default="", help_text="Why it was not sent, or given up.")),
                ("created_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                (
                    "tries",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="Of the schedule; begins anew when it is sent again."
                    ),
                ),
                ("status_code", models.PositiveSmallIntegerField(blank=True, help_text="Last answered.", null=True)),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, null=True)),
                (
                    "fact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workflows.fact",
                    ),
                ),
                (
                    "hook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="transactions.hook"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["hook", "next_attempt_at"],
                        name="delivery_due",
                    ),
                    models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["hook", "subject", "fact"],
                        name="delivery_in_turn",
                    ),
                    models.Index(fields=["subject", "-id"], name="delivery_of_subject"),
                    models.Index(fields=["hook", "status", "-id"], name="delivery_of_hook"),
                    models.Index(fields=["status", "finished_at"], name="delivery_by_outcome"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("hook", "fact"), name="one_delivery_per_hook_and_fact")
                ],
            },
        ),
        migrations.CreateModel(
            name="InboundHook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.CharField(
                        max_length=60,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9-]{0,59}$", "Small letters, digits and -; at most 60."
                            )
                        ],
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                (
                    "scheme",
                    models.CharField(
                        choices=[
                            ("standard", "Standard Webhooks"),
                            ("body", "HMAC of the body (as GitHub signs)"),
                            ("timed", "HMAC of time and body (as Stripe signs)"),
                            ("bearer", "Secret in a header"),
                        ],
                        default="standard",
                        max_length=12,
                    ),
                ),
                (
                    "header",
                    models.CharField(
                        blank=True, default="", help_text="Where the signature or secret stands.", max_length=80
                    ),
                ),
                (
                    "prefix",
                    models.CharField(
                        blank=True, default="", help_text="What the signature begins with.", max_length=40
                    ),
                ),
                ("secret", workflows.models.fields.EncryptedTextField()),
                (
                    "previous_secret",
                    workflows.models.fields.EncryptedTextField(
                        blank=True, default="", help_text="Valid too, until it is taken away."
                    ),
                ),
                ("refuses_replays", models.BooleanField(default=True)),
                (
                    "conditions",
                    models.TextField(
                        blank=True, default="", help_text="One a line; all must hold. Empty: every request."
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("paths", "Paths, one a line"), ("jsonata", "JSONata")], default="paths", max_length=8
                    ),
                ),
                ("mapping", models.TextField(blank=True, default="", help_text="Empty: the body is the input.")),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workflows.environment"
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workflows.workflow"
                    ),
                ),
            ],
            options={
                "ordering": ["slug"],
            },
        ),
        migrations.CreateModel(
            name="InboundRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("received_at", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("started", "Started"),
                            ("duplicate", "Duplicate"),
                            ("filtered", "Filtered"),
                            ("refused", "Refused"),
                        ],
                        max_length=10,
                    ),
                ),
                ("status", models.PositiveSmallIntegerField(help_text="Of the answer.")),
                ("reason", models.TextField(blank=True, default="", help_text="Why it was refused or filtered.")),
                ("mark", models.CharField(blank=True, default="", max_length=300)),
                ("address", models.CharField(blank=True, default="", help_text="Where it came from.", max_length=45)),
                ("headers", models.JSONField(default=dict, help_text="Secrets masked.")),
                ("body", models.TextField(blank=True, default="", help_text="Kept only where the sender was known.")),
                ("size", models.PositiveIntegerField(help_text="Bytes of the body.")),
                (
                    "duplicate_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="transactions.inboundrequest",
                    ),
                ),
                (
                    "hook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="requests",
                        to="transactions.inboundhook",
                    ),
                ),
                (
                    "transaction",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="transactions.transaction",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["hook", "-id"], name="inbound_of_hook"),
                    models.Index(fields=["received_at"], name="inbound_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("mark", ""), _negated=True),
                        fields=("hook", "mark"),
                        name="one_request_per_mark",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Preset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("input", models.TextField(help_text="The JSON text, number for number.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workflows.workflow"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("workflow", "name"), name="one_preset_of_a_name")],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("duration_ms", models.PositiveIntegerField()),
                ("request_headers", models.JSONField(default=dict, help_text="Signatures masked.")),
                ("status_code", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("answer", models.TextField(blank=True, default="", help_text="The first 64 KB of what was answered.")),
                ("error", models.TextField(blank=True, default="", help_text="In words; empty when it was taken.")),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tried", to="transactions.delivery"
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [models.UniqueConstraint(fields=("delivery", "number"), name="one_attempt_per_number")],
            },
        ),
        migrations.CreateModel(
            name="LogReading",
            fields=[
                (
                    "execution",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="logs",
                        serialize=False,
                        to="transactions.execution",
                    ),
                ),
                ("asked_at", models.DateTimeField()),
                ("next_read_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, null=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "lines",
                    models.JSONField(
                        default=list, help_text="Each with its time, function, text, request id and how it was found."
                    ),
                ),
                ("is_partial", models.BooleanField(default=False, help_text="There are more lines than were kept.")),
                ("problem", models.TextField(blank=True, default="", help_text="Why they could not be read.")),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_read_at__isnull", False)),
                        fields=["next_read_at"],
                        name="log_reading_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("state", models.CharField(max_length=80)),
                ("type", models.CharField(max_length=20)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("ok", "Succeeded"),
                            ("caught", "Caught"),
                            ("failed", "Failed"),
                            ("aborted", "Aborted"),
                        ],
                        max_length=12,
                    ),
                ),
                ("entered_event", models.PositiveIntegerField()),
                ("exited_event", models.PositiveIntegerField(blank=True, null=True)),
                ("entered_at", models.DateTimeField()),
                ("exited_at", models.DateTimeField(blank=True, null=True)),
                ("input", models.TextField(blank=True, default="")),
                ("output", models.TextField(blank=True, default="")),
                ("attempts", models.JSONField(default=list)),
                (
                    "path",
                    models.JSONField(
                        default=list, help_text="The Map iterations and Parallel branches it is inside of."
                    ),
                ),
                (
                    "iterations",
                    models.JSONField(default=list, help_text="Of a Map: each with its index, status and times."),
                ),
                (
                    "next",
                    models.CharField(
                        blank=True, default="", help_text="The state entered next, however left.", max_length=80
                    ),
                ),
                ("error", models.CharField(blank=True, default="", max_length=256)),
                ("cause", models.TextField(blank=True, default="")),
                (
                    "execution",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="visits", to="transactions.execution"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("execution", "position"), name="one_visit_per_position")
                ],
            },
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
