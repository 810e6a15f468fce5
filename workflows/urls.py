"""Pages of functions, workflows and their deployments."""

from django.urls import path

from workflows import views

app_name = "workflows"
urlpatterns = [
    path("workflows/", views.workflow_list, name="workflow-list"),
    path("workflows/<slug:name>", views.workflow_page, name="workflow"),
    path("workflows/<slug:name>/deploy", views.deploy_workflow, name="deploy-workflow"),
    path("functions/", views.function_list, name="function-list"),
    path("functions/<slug:name>", views.function_page, name="function"),
    path("functions/<slug:name>/deploy", views.deploy_function, name="deploy-function"),
    path("deployments/<int:pk>", views.deployment_page, name="deployment"),
    path("deployments/<int:pk>/live", views.deployment_live, name="deployment-live"),
    path("activity/", views.activity_page, name="activity"),
]
