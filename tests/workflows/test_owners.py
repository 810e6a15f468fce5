"""Tags tell which tool manages a resource; tags that only look like it tell nothing."""

import pytest

from workflows.owners import owner_of


@pytest.mark.parametrize(
    ("tags", "owner"),
    [
        ({"aws:cloudformation:stack-name": "shop"}, "CloudFormation (stack shop)"),
        ({"aws:cloudformation:stack-name": "shop", "lambda:createdBy": "SAM"}, "SAM (stack shop)"),
        ({"lambda:createdBy": "SAM"}, "SAM"),
        ({"stateMachine:createdBy": "SAM"}, "SAM"),
        ({"aws:cdk:path": "Shop/Orders", "aws:cloudformation:stack-name": "Shop"}, "CDK (stack Shop)"),
        ({"terraform": "true"}, "Terraform"),
        ({"Managed-By": "Terraform"}, "Terraform"),
        ({"managed_by": "terraform cloud"}, "Terraform"),
        ({"tf:workspace": "shop"}, "Terraform"),
        ({"created-by": "pulumi"}, "Pulumi"),
    ],
)
def test_a_tool_is_known_by_its_tags(tags: dict[str, str], owner: str) -> None:
    assert owner_of(tags) == owner


@pytest.mark.parametrize(
    "tags",
    [{}, {"team": "terraforming"}, {"terraform": "false"}, {"managed-by": "olga"}, {"source": "samples"}, {"tfl": "x"}],
)
def test_other_tags_tell_of_no_tool(tags: dict[str, str]) -> None:
    assert owner_of(tags) == ""
