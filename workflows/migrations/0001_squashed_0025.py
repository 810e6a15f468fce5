"""The tables as 0001 to 0025 leave them, with the groups and prices they seed: what a new database runs instead."""

import uuid
from importlib import import_module

import django.contrib.auth.models
import django.contrib.auth.validators
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import workflows.models.fields


def seed(apps, schema_editor):
    """Last, for it wants every table."""
    import_module("workflows.migrations.0014_prices_and_roles_of_invocations").seed(apps, schema_editor)


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("workflows", "0001_initial"),
        ("workflows", "0002_roles"),
        ("workflows", "0003_sign_in_failures"),
        ("workflows", "0004_metric_sets"),
        ("workflows", "0005_roles_of_metric_sets"),
        ("workflows", "0006_kept_answers"),
        ("workflows", "0007_activity_found"),
        ("workflows", "0008_triggers"),
        ("workflows", "0009_roles_of_triggers"),
        ("workflows", "0010_bound_tokens"),
        ("workflows", "0011_heard_facts"),
        ("workflows", "0012_function_revisions_again"),
        ("workflows", "0013_invocations_and_prices"),
        ("workflows", "0014_prices_and_roles_of_invocations"),
        ("workflows", "0015_function_configuration"),
        ("workflows", "0016_trigger_tests"),
        ("workflows", "0017_roles_of_trigger_tests"),
        ("workflows", "0018_unique_references"),
        ("workflows", "0019_cost_sets"),
        ("workflows", "0020_drift"),
        ("workflows", "0021_roles_of_drift"),
        ("workflows", "0022_imports"),
        ("workflows", "0023_roles_of_imports"),
        ("workflows", "0024_log_searches"),
        ("workflows", "0025_roles_of_log_searches"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Environment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=40, unique=True)),
                ("title", models.CharField(max_length=80)),
                (
                    "is_embedded",
                    models.BooleanField(default=False, help_text="Runs on the embedded AWS of this installation."),
                ),
                ("is_production", models.BooleanField(default=False)),
                (
                    "colour",
                    models.CharField(
                        choices=[("green", "Green"), ("blue", "Blue"), ("amber", "Amber"), ("red", "Red")],
                        default="blue",
                        max_length=8,
                    ),
                ),
                ("region", models.CharField(max_length=32)),
                (
                    "account_id",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=12,
                        validators=[django.core.validators.RegexValidator("^\\d{12}$", "Twelve digits.")],
                    ),
                ),
                ("role_arn", models.CharField(blank=True, default="", max_length=200, verbose_name="role to assume")),
                ("external_id", models.CharField(blank=True, default="", max_length=200)),
                (
                    "name_prefix",
                    models.CharField(
                        blank=True,
                        default="",
                        max_length=24,
                        validators=[
                            django.core.validators.RegexValidator("^[A-Za-z0-9_-]*$", "Letters, digits, - and _.")
                        ],
                    ),
                ),
                ("permissions_boundary", models.CharField(blank=True, default="", max_length=200)),
                (
                    "install",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, help_text="Tag of everything made there by this one."
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("reached_at", models.DateTimeField(blank=True, help_text="When AWS last answered.", null=True)),
                ("unreachable_since", models.DateTimeField(blank=True, null=True)),
                (
                    "problem",
                    models.TextField(blank=True, default="", help_text="What AWS last said when it could not be used."),
                ),
            ],
            options={
                "ordering": ["slug"],
            },
        ),
        migrations.CreateModel(
            name="Function",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        max_length=40,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9_-]{1,40}$", "Letters, digits, - and _; at most 40."
                            )
                        ],
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Workflow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name",
                    models.CharField(
                        max_length=40,
                        unique=True,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Za-z0-9_-]{1,40}$", "Letters, digits, - and _; at most 40."
                            )
                        ],
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "username",
                    models.CharField(
                        error_messages={"unique": "A user with that username already exists."},
                        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                        max_length=150,
                        unique=True,
                        validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                        verbose_name="username",
                    ),
                ),
                ("first_name", models.CharField(blank=True, max_length=150, verbose_name="first name")),
                ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                ("email", models.EmailField(blank=True, max_length=254, verbose_name="email address")),
                (
                    "is_staff",
                    models.BooleanField(
                        default=False,
                        help_text="Designates whether the user can log into this admin site.",
                        verbose_name="staff status",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                        verbose_name="active",
                    ),
                ),
                ("date_joined", models.DateTimeField(default=django.utils.timezone.now, verbose_name="date joined")),
                (
                    "time_zone",
                    models.CharField(blank=True, default="", help_text="Empty: the browser's own.", max_length=64),
                ),
                (
                    "theme",
                    models.CharField(
                        choices=[("auto", "As the system"), ("light", "Light"), ("dark", "Dark")],
                        default="auto",
                        max_length=8,
                    ),
                ),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name": "user",
                "verbose_name_plural": "users",
                "abstract": False,
            },
            managers=[
                ("objects", django.contrib.auth.models.UserManager()),
            ],
        ),
        migrations.CreateModel(
            name="Fact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(help_text="Such as transaction.succeeded.", max_length=60)),
                ("subject", models.CharField(max_length=64)),
                ("data", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
                (
                    "heard_at",
                    models.DateTimeField(blank=True, help_text="When its hooks were found; empty: not yet.", null=True),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["subject", "id"], name="fact_of_subject"),
                    models.Index(condition=models.Q(("heard_at__isnull", True)), fields=["id"], name="fact_unheard"),
                ],
            },
        ),
        migrations.CreateModel(
            name="FunctionRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("sha256", models.CharField(help_text="Over configuration and package.", max_length=64)),
                ("runtime", models.CharField(max_length=32)),
                ("handler", models.CharField(max_length=128)),
                ("memory_mb", models.PositiveIntegerField()),
                ("timeout_s", models.PositiveIntegerField()),
                (
                    "environment",
                    workflows.models.fields.EncryptedJSONField(
                        blank=True, default=dict, help_text="Variables by name; they may be secrets."
                    ),
                ),
                ("permissions", models.JSONField(blank=True, default=list)),
                (
                    "triggers",
                    models.JSONField(blank=True, default=list, help_text="What calls it, as its definition says."),
                ),
                ("architecture", models.CharField(default="x86_64", max_length=8)),
                ("layers", models.JSONField(blank=True, default=list, help_text="ARNs of layer versions, in order.")),
                ("storage_mb", models.PositiveIntegerField(default=512, help_text="Ephemeral storage.")),
                (
                    "concurrency",
                    models.PositiveIntegerField(blank=True, help_text="Reserved; empty: none is.", null=True),
                ),
                (
                    "dead_letter_arn",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Queue or topic that gets what could not be handled.",
                        max_length=300,
                    ),
                ),
                (
                    "custom_role_arn",
                    models.CharField(
                        blank=True, default="", help_text="Made elsewhere; empty: one is made for it.", max_length=600
                    ),
                ),
                ("tags", models.JSONField(blank=True, default=dict)),
                ("package", models.BinaryField(help_text="The zip as AWS gets it.")),
                ("package_sha256", models.CharField(max_length=64)),
                ("package_bytes", models.PositiveIntegerField()),
                ("note", models.CharField(blank=True, default="", max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "function",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="revisions", to="workflows.function"
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "permissions": [("reveal", "Can see the values of environment variables")],
                "constraints": [
                    models.UniqueConstraint(fields=("function", "number"), name="one_function_revision_per_number")
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=255)),
                ("fingerprint", models.CharField(help_text="SHA-256 of what was asked for.", max_length=64)),
                (
                    "subject",
                    models.CharField(
                        blank=True, default="", help_text="The id of what the request made.", max_length=64
                    ),
                ),
                ("status", models.PositiveSmallIntegerField(default=201, help_text="Of the answer.")),
                (
                    "body",
                    workflows.models.fields.EncryptedTextField(blank=True, default="", help_text="Of the answer."),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["created_at"], name="idempotencykey_age")],
                "constraints": [models.UniqueConstraint(fields=("user", "key"), name="one_answer_per_key")],
            },
        ),
        migrations.CreateModel(
            name="LogSearch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("range_s", models.PositiveIntegerField(help_text="Seconds looked back on.")),
                ("text", models.CharField(blank=True, default="", max_length=200)),
                ("request_id", models.CharField(blank=True, default="", max_length=64)),
                (
                    "lines",
                    models.JSONField(
                        blank=True, default=list, help_text="Time, stream, text and request id, oldest first."
                    ),
                ),
                ("is_partial", models.BooleanField(default=False, help_text="There are more lines than were kept.")),
                ("asked_at", models.DateTimeField(blank=True, help_text="When somebody last looked.", null=True)),
                ("read_at", models.DateTimeField(blank=True, help_text="When CloudWatch last answered.", null=True)),
                (
                    "problem",
                    models.TextField(blank=True, default="", help_text="Why it could not be read when last asked."),
                ),
                ("next_read_at", models.DateTimeField(blank=True, help_text="Somebody waits for it.", null=True)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workflows.environment"
                    ),
                ),
                (
                    "function",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workflows.function"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "log searches",
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_read_at__isnull", False)),
                        fields=["next_read_at"],
                        name="log_search_due",
                    ),
                    models.Index(fields=["asked_at"], name="log_search_age"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "function", "range_s", "text", "request_id"),
                        name="one_log_search_for_all",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MetricSet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("environment", "Environment"),
                            ("workflow", "Workflow"),
                            ("function", "Function"),
                            ("cost", "Cost"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "name",
                    models.CharField(blank=True, default="", help_text="Of the workflow or function.", max_length=40),
                ),
                ("range_s", models.PositiveIntegerField(help_text="Seconds looked back on.")),
                ("period_s", models.PositiveIntegerField(help_text="Seconds a point stands for.")),
                ("begin_at", models.DateTimeField(blank=True, null=True)),
                ("end_at", models.DateTimeField(blank=True, null=True)),
                (
                    "series",
                    models.JSONField(default=dict, help_text="Points [seconds since 1970, value] by the series' key."),
                ),
                (
                    "is_partial",
                    models.BooleanField(default=False, help_text="There was more to ask for than one page may."),
                ),
                ("asked_at", models.DateTimeField(blank=True, help_text="When AWS was last asked.", null=True)),
                ("read_at", models.DateTimeField(blank=True, help_text="When AWS last answered.", null=True)),
                (
                    "problem",
                    models.TextField(blank=True, default="", help_text="Why it could not be read when last asked."),
                ),
                ("next_read_at", models.DateTimeField(blank=True, help_text="Somebody waits for it.", null=True)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="workflows.environment"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_read_at__isnull", False)),
                        fields=["next_read_at"],
                        name="metric_set_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("environment", "kind", "name", "range_s", "period_s"), name="one_metric_set_per_page"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Payload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("text", models.TextField(help_text="The JSON text, number for number.")),
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
                    "function",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="payloads", to="workflows.function"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("function", "name"), name="one_payload_of_a_name")],
            },
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("region", models.CharField(max_length=32)),
                (
                    "item",
                    models.CharField(
                        choices=[
                            ("lambda.gb-second", "Lambda, GB-second on x86_64"),
                            ("lambda.gb-second.arm64", "Lambda, GB-second on arm64"),
                            ("lambda.request", "Lambda, request"),
                            ("lambda.storage-gb-second", "Lambda, GB-second of ephemeral storage above 512 MB"),
                        ],
                        max_length=40,
                    ),
                ),
                ("valid_from", models.DateField()),
                (
                    "amount",
                    models.DecimalField(decimal_places=14, help_text="Of one unit, in the currency.", max_digits=20),
                ),
                ("currency", models.CharField(default="USD", max_length=3)),
            ],
            options={
                "ordering": ["region", "item", "-valid_from"],
                "constraints": [
                    models.UniqueConstraint(fields=("region", "item", "valid_from"), name="one_price_from_a_day"),
                    models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="price_not_negative"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignInFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "name_digest",
                    models.CharField(help_text="SHA-256 of the name as typed, in small letters.", max_length=64),
                ),
                ("address", models.CharField(max_length=45)),
                ("at", models.DateTimeField()),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["name_digest", "at"], name="signinfailure_of_name"),
                    models.Index(fields=["address", "at"], name="signinfailure_of_address"),
                    models.Index(fields=["at"], name="signinfailure_age"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Survey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "found",
                    models.JSONField(blank=True, default=list, help_text="Kind, name, ARN, tool that manages it."),
                ),
                ("is_partial", models.BooleanField(default=False, help_text="There is more than one survey reads.")),
                ("read_at", models.DateTimeField(blank=True, help_text="When AWS last answered.", null=True)),
                (
                    "problem",
                    models.TextField(blank=True, default="", help_text="Why it could not be listed when last asked."),
                ),
                ("next_read_at", models.DateTimeField(blank=True, help_text="Somebody waits for it.", null=True)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, null=True)),
                (
                    "environment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="survey", to="workflows.environment"
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_read_at__isnull", False)), fields=["next_read_at"], name="survey_due"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                ("prefix", models.CharField(max_length=12)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("scopes", models.JSONField(blank=True, default=list, help_text="Empty: whatever its user may do.")),
                (
                    "workflows",
                    models.JSONField(blank=True, default=list, help_text="Names of those it is for. Empty: all."),
                ),
                (
                    "environments",
                    models.JSONField(blank=True, default=list, help_text="Names of those it is for. Empty: all."),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tokens", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="Trigger",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "key",
                    models.CharField(help_text="What tells it from the function's other triggers.", max_length=600),
                ),
                ("definition", models.JSONField(help_text="Its type and settings, as last set up.")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("defined", "Not deployed"),
                            ("pending", "Being set up"),
                            ("live", "Live"),
                            ("failed", "Failed"),
                            ("leaving", "Goes with the next deployment"),
                        ],
                        default="pending",
                        max_length=12,
                    ),
                ),
                ("source_arn", models.CharField(blank=True, default="", max_length=300)),
                ("made", models.JSONField(blank=True, default=dict, help_text="Ids AWS gave to what makes it work.")),
                ("owns_source", models.BooleanField(default=False, help_text="Its source was made here.")),
                ("invoke_url", models.CharField(blank=True, default="", max_length=600)),
                (
                    "problem",
                    models.TextField(blank=True, default="", help_text="What AWS said when it could not be set up."),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "verified_at",
                    models.DateTimeField(blank=True, help_text="When AWS was last seen to have it so.", null=True),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="triggers", to="workflows.environment"
                    ),
                ),
                (
                    "function",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="triggers", to="workflows.function"
                    ),
                ),
            ],
            options={
                "ordering": ["function", "key"],
                "constraints": [
                    models.UniqueConstraint(fields=("environment", "function", "key"), name="one_trigger_per_key")
                ],
            },
        ),
        migrations.CreateModel(
            name="TriggerTest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("running", "Waiting for the function"),
                            ("succeeded", "It ran"),
                            ("failed", "Not seen to run"),
                        ],
                        default="requested",
                        max_length=12,
                    ),
                ),
                ("requested_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("sent", models.TextField(blank=True, default="", help_text="What was sent, and where.")),
                ("answer", models.TextField(blank=True, default="", help_text="What came of it.")),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, null=True)),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "trigger",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tests", to="workflows.trigger"
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)),
                        fields=["requested_at"],
                        name="trigger_test_due",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("function", "Function"), ("workflow", "Workflow")], max_length=8)),
                ("arn", models.CharField(max_length=300)),
                ("name", models.CharField(help_text="What it is called here.", max_length=40)),
                ("note", models.CharField(blank=True, default="", max_length=200)),
                (
                    "adopts",
                    models.BooleanField(
                        default=False, help_text="What is in AWS is marked as ours, and may be changed."
                    ),
                ),
                (
                    "owner",
                    models.CharField(
                        blank=True, default="", help_text="The tool that manages it in AWS.", max_length=160
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("requested", "Being read"), ("succeeded", "Imported"), ("failed", "Not imported")],
                        default="requested",
                        max_length=12,
                    ),
                ),
                ("problem", models.TextField(blank=True, default="", help_text="Why it was not imported.")),
                ("requested_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, null=True)),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="imports", to="workflows.environment"
                    ),
                ),
                (
                    "function",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imports",
                        to="workflows.function",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imports",
                        to="workflows.workflow",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at__isnull", True)), fields=["requested_at"], name="import_due"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Drift",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("checked_at", models.DateTimeField(blank=True, help_text="When AWS was last compared.", null=True)),
                (
                    "differs_since",
                    models.DateTimeField(blank=True, help_text="When it was first seen to differ.", null=True),
                ),
                ("is_gone", models.BooleanField(default=False, help_text="Deleted in AWS.")),
                (
                    "differences",
                    workflows.models.fields.EncryptedJSONField(
                        blank=True, default=list, help_text="Field, deployed, live and since when."
                    ),
                ),
                (
                    "fingerprint",
                    models.CharField(blank=True, default="", help_text="SHA-256 of the differences.", max_length=64),
                ),
                (
                    "problem",
                    models.TextField(blank=True, default="", help_text="Why it could not be compared when last tried."),
                ),
                (
                    "accept_asked_at",
                    models.DateTimeField(blank=True, help_text="Somebody takes what is live as it is.", null=True),
                ),
                ("accept_note", models.CharField(blank=True, default="", max_length=200)),
                (
                    "accept_seen",
                    models.CharField(blank=True, default="", help_text="Fingerprint they decided by.", max_length=64),
                ),
                ("accept_problem", models.TextField(blank=True, default="", help_text="Why it was not accepted.")),
                (
                    "next_check_at",
                    models.DateTimeField(blank=True, help_text="When a worker should look at it.", null=True),
                ),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, null=True)),
                (
                    "accept_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="drifts", to="workflows.environment"
                    ),
                ),
                (
                    "function",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drifts",
                        to="workflows.function",
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drifts",
                        to="workflows.workflow",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("next_check_at__isnull", False)), fields=["next_check_at"], name="drift_due"
                    ),
                    models.Index(
                        condition=models.Q(("differs_since__isnull", False)), fields=["environment"], name="drift_found"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("function__isnull", True), ("workflow__isnull", False)),
                            models.Q(("function__isnull", False), ("workflow__isnull", True)),
                            _connector="OR",
                        ),
                        name="drift_of_one_thing",
                    ),
                    models.UniqueConstraint(fields=("environment", "function"), name="one_drift_per_function"),
                    models.UniqueConstraint(fields=("environment", "workflow"), name="one_drift_per_workflow"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkflowRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "type",
                    models.CharField(
                        choices=[("STANDARD", "Standard"), ("EXPRESS", "Express")], default="STANDARD", max_length=8
                    ),
                ),
                (
                    "definition",
                    models.TextField(
                        help_text="Amazon States Language; ${FunctionName} stands for a deployed function."
                    ),
                ),
                (
                    "input_schema",
                    models.TextField(blank=True, default="", help_text="JSON Schema; empty takes anything."),
                ),
                (
                    "keys",
                    models.JSONField(blank=True, default=dict, help_text="Business keys: name to path in the input."),
                ),
                (
                    "unique_references",
                    models.BooleanField(default=False, help_text="A reference is taken once in an environment."),
                ),
                (
                    "problems",
                    models.JSONField(blank=True, default=list, help_text="What the checker said when it was saved."),
                ),
                ("note", models.CharField(blank=True, default="", max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="revisions", to="workflows.workflow"
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("workflow", "number"), name="one_workflow_revision_per_number"),
                    models.UniqueConstraint(fields=("workflow", "sha256"), name="one_workflow_revision_per_content"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Deployment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("running", "Deploying"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                        ],
                        default="requested",
                        max_length=12,
                    ),
                ),
                ("is_live", models.BooleanField(default=False)),
                ("requested_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "waiting_since",
                    models.DateTimeField(blank=True, help_text="AWS could not be reached since then.", null=True),
                ),
                ("next_attempt_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("error", models.CharField(blank=True, default="", max_length=100)),
                ("cause", models.TextField(blank=True, default="", help_text="AWS's own message.")),
                ("advice", models.TextField(blank=True, default="", help_text="What to do about it.")),
                ("role_arn", models.CharField(blank=True, default="", max_length=200)),
                (
                    "policy",
                    models.JSONField(blank=True, help_text="The role's policy as read back from AWS.", null=True),
                ),
                (
                    "resource_arn",
                    models.CharField(
                        blank=True, default="", help_text="The function or state machine.", max_length=300
                    ),
                ),
                (
                    "version_arn",
                    models.CharField(blank=True, default="", help_text="The published version.", max_length=300),
                ),
                (
                    "definition",
                    models.TextField(
                        blank=True, default="", help_text="The definition as sent: ARNs in place of names."
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "environment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployments",
                        to="workflows.environment",
                    ),
                ),
                (
                    "function",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployments",
                        to="workflows.function",
                    ),
                ),
                (
                    "function_revision",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployments",
                        to="workflows.functionrevision",
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployments",
                        to="workflows.workflow",
                    ),
                ),
                (
                    "workflow_revision",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deployments",
                        to="workflows.workflowrevision",
                    ),
                ),
            ],
            options={
                "ordering": ["-requested_at", "-id"],
                "permissions": [("deploy", "Can deploy a revision to an environment")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["requested", "running"])),
                        fields=["next_attempt_at"],
                        name="deployment_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("function__isnull", True),
                                ("function_revision__isnull", True),
                                ("workflow__isnull", False),
                                ("workflow_revision__isnull", False),
                            ),
                            models.Q(
                                ("function__isnull", False),
                                ("function_revision__isnull", False),
                                ("workflow__isnull", True),
                                ("workflow_revision__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="deployment_of_one_thing",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("function__isnull", False), ("is_live", True)),
                        fields=("environment", "function"),
                        name="one_live_function",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_live", True), ("workflow__isnull", False)),
                        fields=("environment", "workflow"),
                        name="one_live_workflow",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Invocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "type",
                    models.CharField(
                        choices=[("RequestResponse", "Wait for the answer"), ("Event", "Queue it")],
                        default="RequestResponse",
                        max_length=16,
                    ),
                ),
                ("payload", models.TextField(help_text="The JSON text as sent, number for number.")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("requested", "Requested"),
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("unknown", "Outcome unknown"),
                        ],
                        default="requested",
                        max_length=12,
                    ),
                ),
                ("limit_s", models.PositiveIntegerField(help_text="Longer nobody waits for an answer.")),
                ("requested_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "left_at",
                    models.DateTimeField(blank=True, help_text="Whoever asked waits no longer since then.", null=True),
                ),
                ("result", models.TextField(blank=True, null=True)),
                ("error", models.TextField(blank=True, default="", help_text="JSON with errorType and errorMessage.")),
                ("log_tail", models.TextField(blank=True, default="", help_text="The last 4 KB it logged.")),
                ("request_id", models.CharField(blank=True, default="", max_length=64)),
                ("duration_ms", models.DecimalField(blank=True, decimal_places=2, max_digits=12, null=True)),
                ("billed_ms", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "init_ms",
                    models.DecimalField(
                        blank=True, decimal_places=2, help_text="Of a cold start.", max_digits=12, null=True
                    ),
                ),
                ("memory_size_mb", models.PositiveIntegerField(blank=True, null=True)),
                ("memory_mb", models.PositiveIntegerField(blank=True, help_text="The most it used.", null=True)),
                (
                    "next_attempt_at",
                    models.DateTimeField(blank=True, help_text="When a worker should look at it.", null=True),
                ),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("claim", models.UUIDField(blank=True, null=True)),
                (
                    "deployment",
                    models.ForeignKey(
                        help_text="Live when it was asked for.",
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
                    "function",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="invocations", to="workflows.function"
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "permissions": [("invoke", "Can invoke a function")],
                "indexes": [
                    models.Index(fields=["function", "environment", "-id"], name="invocation_of_function"),
                    models.Index(
                        condition=models.Q(("status__in", ["requested", "running"])),
                        fields=["next_attempt_at"],
                        name="invocation_due",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by_name",
                    models.CharField(
                        help_text="Kept should the user go; 'system' for the installation itself.", max_length=150
                    ),
                ),
                ("action", models.CharField(help_text="Noun and verb, such as deployment.request.", max_length=60)),
                ("subject_kind", models.CharField(max_length=40)),
                ("subject_id", models.CharField(max_length=64)),
                ("subject_label", models.CharField(max_length=200)),
                ("before", models.JSONField(blank=True, null=True)),
                ("after", models.JSONField(blank=True, null=True)),
                ("request_id", models.CharField(blank=True, default="", max_length=64)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "activity",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["subject_kind", "subject_id", "-id"], name="activity_of_subject"),
                    models.Index(fields=["by_name", "-id"], name="activity_of_person"),
                    models.Index(fields=["action", "-id"], name="activity_of_action"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DeploymentStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=80)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("already_so", "Already so"),
                            ("changed", "Changed"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                        max_length=12,
                    ),
                ),
                ("detail", models.TextField(blank=True, default="")),
                ("started_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "deployment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="workflows.deployment"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("deployment", "position"), name="one_step_per_position")
                ],
            },
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
    ]
