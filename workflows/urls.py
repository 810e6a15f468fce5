"""Pages of functions, workflows and their deployments."""

from django.urls import path

from workflows.views import activity, deployments, functions, workflows

app_name = "workflows"
urlpatterns = [
    path("workflows/", workflows.workflow_list, name="workflow-list"),
    path("workflows/<slug:name>", workflows.workflow_page, name="workflow"),
    path("workflows/<slug:name>/compare", workflows.compare_workflow, name="compare-workflow"),
    path("workflows/<slug:name>/deploy", workflows.deploy_workflow, name="deploy-workflow"),
    path("functions/", functions.function_list, name="function-list"),
    path("functions/<slug:name>", functions.function_page, name="function"),
    path("functions/<slug:name>/compare", functions.compare_function, name="compare-function"),
    path("functions/<slug:name>/deploy", functions.deploy_function, name="deploy-function"),
    path("deployments/<int:pk>", deployments.deployment_page, name="deployment"),
    path("deployments/<int:pk>/live", deployments.deployment_live, name="deployment-live"),
    path("activity/", activity.activity_page, name="activity"),
]
