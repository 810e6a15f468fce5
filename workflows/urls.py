"""Pages of functions, workflows and their deployments."""

from django.urls import path

from workflows.views import (
    activity,
    charts,
    deployments,
    function_costs,
    function_editor,
    functions,
    invocations,
    tokens,
    trigger_editor,
    trigger_tests,
    workflow_editor,
    workflows,
)

app_name = "workflows"
urlpatterns = [
    path("workflows/", workflows.workflow_list, name="workflow-list"),
    # The slash at their end keeps these apart from a workflow or function of that name.
    path("workflows/new/", workflow_editor.new_workflow, name="new-workflow"),
    path("workflows/check/", workflow_editor.check_workflow, name="check-workflow"),
    path("functions/map/", functions.function_map, name="function-map"),
    path("functions/new/", function_editor.new_function, name="new-function"),
    path("workflows/<slug:name>", workflows.workflow_page, name="workflow"),
    path("workflows/<slug:name>/edit", workflow_editor.edit_workflow, name="edit-workflow"),
    path("workflows/<slug:name>/compare", workflows.compare_workflow, name="compare-workflow"),
    path("workflows/<slug:name>/deploy", workflows.deploy_workflow, name="deploy-workflow"),
    path("functions/", functions.function_list, name="function-list"),
    path("functions/<slug:name>", functions.function_page, name="function"),
    path("functions/<slug:name>/edit", function_editor.edit_function, name="edit-function"),
    path("functions/<slug:name>/compare", functions.compare_function, name="compare-function"),
    path("functions/<slug:name>/triggers/new", trigger_editor.new_trigger, name="new-trigger"),
    path("functions/<slug:name>/triggers/<slug:trigger>/remove", trigger_editor.remove_trigger, name="remove-trigger"),
    path("functions/<slug:name>/triggers/<slug:trigger>/test", trigger_tests.test_trigger, name="test-trigger"),
    path("trigger-tests/<int:pk>", trigger_tests.trigger_test_page, name="trigger-test"),
    path("trigger-tests/<int:pk>/live", trigger_tests.trigger_test_live, name="trigger-test-live"),
    path("functions/<slug:name>/template.json", functions.function_template, name="function-template"),
    path("functions/<slug:name>/deploy", functions.deploy_function, name="deploy-function"),
    path("functions/<slug:name>/test", invocations.test_function, name="test-function"),
    path("functions/<slug:name>/cost", function_costs.function_cost, name="function-cost"),
    path("payloads/<int:pk>/delete", invocations.delete_payload, name="delete-payload"),
    path("invocations/<int:pk>/live", invocations.invocation_live, name="invocation-live"),
    path("invocations/<int:pk>/leave", invocations.leave_invocation, name="leave-invocation"),
    path("deployments/live", deployments.deployments_live, name="deployments-live"),
    path("deployments/<int:pk>", deployments.deployment_page, name="deployment"),
    path("deployments/<int:pk>/live", deployments.deployment_live, name="deployment-live"),
    path("charts", charts.charts_of, name="charts"),
    path("tokens/", tokens.own_tokens, name="tokens"),
    path("tokens/<int:pk>/rotate", tokens.rotate_token, name="rotate-token"),
    path("tokens/<int:pk>/revoke", tokens.revoke_token, name="revoke-token"),
    path("activity/", activity.activity_page, name="activity"),
]
