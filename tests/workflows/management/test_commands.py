"""`manage.py load` and `manage.py seed`: what they make, what they say, and that a second time changes nothing."""

import json
import stat
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from tests.factories import group
from workflows.models import Activity, Deployment, Environment, FunctionRevision, Token, User, WorkflowRevision
from workflows.services import access

pytestmark = pytest.mark.django_db


def load(**options: bool) -> tuple[str, str]:
    """What `load` says, and what it complains of."""
    out, err = StringIO(), StringIO()
    call_command("load", stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_prepare_makes_the_first_environment_and_changes_none_that_is_there() -> None:
    out = StringIO()
    call_command("prepare", stdout=out)
    assert "Environment default" in out.getvalue()
    Environment.objects.update(title="Mine")
    call_command("prepare", stdout=StringIO())
    assert Environment.objects.get().title == "Mine"
    assert not Deployment.objects.exists()


class TestLoad:
    def test_the_definitions_of_this_repository_are_loaded_once(self) -> None:
        said, complained = load()
        assert complained == ""
        assert len(said.splitlines()) == FunctionRevision.objects.count() + WorkflowRevision.objects.count() >= 6
        assert load() == ("", "")

    def test_what_is_loaded_has_no_errors(self) -> None:
        load()
        problems = [problem for revision in WorkflowRevision.objects.all() for problem in revision.problems]
        assert [problem for problem in problems if problem["severity"] == "error"] == []

    def test_a_bad_folder_is_named_and_the_rest_is_loaded(self, tmp_path: Path, settings: Settings) -> None:
        for name, runtime in (("bad", "cobol"), ("good", "python3.12")):
            folder = tmp_path / "lambda_src" / name
            folder.mkdir(parents=True)
            (folder / "function.toml").write_text(f'name = "{name}"\nruntime = "{runtime}"\nhandler = "h.h"\n')
            (folder / "h.py").write_text("")
        settings.BASE_DIR = tmp_path
        said, complained = load()
        assert "`runtime` cannot be 'cobol'" in complained
        assert FunctionRevision.objects.get().function.name == "good"
        assert said.startswith("new: ")

    def test_deploying_asks_for_every_revision_and_does_nothing_itself(self) -> None:
        load(deploy=True)
        asked = Deployment.objects.all()
        assert asked.count() == FunctionRevision.objects.count() + WorkflowRevision.objects.count()
        assert not asked.exclude(finished_at=None).exists()

    def test_a_first_start_has_a_row_for_each_deployment_and_a_second_one_none(self) -> None:
        load(deploy=True)
        rows = Activity.objects.filter(action="deployment.request")
        asked = {str(pk) for pk in Deployment.objects.values_list("pk", flat=True)}
        assert len(asked) == rows.count() >= 6
        assert {(row.by_name, row.subject_id) for row in rows} == {("system", pk) for pk in asked}
        load(deploy=True)  # they are still on their way
        Deployment.objects.update(status="succeeded", is_live=True, finished_at=timezone.now())
        load(deploy=True)
        assert {str(pk) for pk in Deployment.objects.values_list("pk", flat=True)} > asked  # it looks,
        assert rows.count() == len(asked)  # which is no change

    def test_waiting_ends_with_an_error_when_deployments_do_not_succeed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("workflows.management.commands.load.LONGEST_WAIT_S", 0)
        with pytest.raises(CommandError, match=r"\d of \d deployments did not succeed"):
            load(deploy=True, wait=True)


@pytest.fixture
def roles() -> None:
    """The groups of the migrations, which a test that empties tables may have taken away."""
    for name in ("viewer", "operator", "developer", "admin"):
        group(name)


@pytest.mark.usefixtures("roles")
class TestSeed:
    def test_it_makes_two_people_a_token_and_the_default_environment(self, tmp_path: Path) -> None:
        file = tmp_path / "credentials.json"
        call_command("seed", file=file)
        given = json.loads(file.read_text())
        for name in ("operator", "admin"):
            assert User.objects.get(username=name).check_password(given[name])
        token = access.living_token(given["api_token"])
        assert token is not None and token.user.username == "admin"
        assert Environment.objects.get().slug == "default"

    def test_only_its_owner_may_read_the_file(self, tmp_path: Path) -> None:
        call_command("seed", file=tmp_path / "credentials.json")
        assert stat.S_IMODE((tmp_path / "credentials.json").stat().st_mode) == 0o600

    def test_a_second_time_changes_nothing(self, tmp_path: Path) -> None:
        file = tmp_path / "credentials.json"
        call_command("seed", file=file)
        before = file.read_text(), file.stat().st_mtime_ns
        call_command("seed", file=file)
        assert (file.read_text(), file.stat().st_mtime_ns) == before
        assert (User.objects.count(), Token.objects.count()) == (2, 1)

    def test_a_password_changed_since_is_left_alone_and_not_told(self, tmp_path: Path) -> None:
        file = tmp_path / "credentials.json"
        call_command("seed", file=file)
        operator = User.objects.get(username="operator")
        operator.set_password("my own words")
        operator.save()
        call_command("seed", file=file)
        assert json.loads(file.read_text())["operator"] == ""
        assert User.objects.get(username="operator").check_password("my own words")

    def test_a_password_found_true_is_not_hashed_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "credentials.json"
        call_command("seed", file=file)
        before = json.loads(file.read_text())
        monkeypatch.setattr(User, "check_password", lambda *_: pytest.fail("hashing takes a second of every start"))
        call_command("seed", file=file)
        assert json.loads(file.read_text()) == before

    def test_a_lost_file_gives_a_new_token_and_no_old_password(self, tmp_path: Path) -> None:
        call_command("seed", file=tmp_path / "first.json")
        call_command("seed", file=tmp_path / "second.json")
        again = json.loads((tmp_path / "second.json").read_text())
        assert (again["operator"], again["admin"]) == ("", "")
        assert access.living_token(again["api_token"]) is not None
