"""HTTP routes: an API of API Gateway that is ours, its CORS, the route to the function, and leave to invoke it."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows import triggers
from workflows.aws import apigateway
from workflows.aws.apigateway import Api, Route
from workflows.jobs.deployments.parts import owner_tags
from workflows.jobs.deployments.steps import GONE, NotYet, Refusal, Sides, Step
from workflows.jobs.deployments.triggers.bases import TriggerSteps
from workflows.models import Trigger
from workflows.policies import OWNER_TAG
from workflows.triggers import TriggerDefinition


class HttpSteps(TriggerSteps):
    """One route. Functions that name the same API share it; without a name each has its own."""

    _api: Api | None = None

    def check(self) -> None:
        """A route that leads elsewhere stays as it is."""
        self._api = self._find()
        if self._api is not None:
            self._route_is_so()

    def steps(self) -> Iterator[Step]:
        """The API, who may call it from a page, the route, and leave to invoke."""
        yield self.step("API", self._api_is_so, self._make_api, self._api_told)
        yield self.step("CORS", self._cors_is_so, self._put_cors, self._cors_told)
        yield self.step("route", self._route_is_so, self._make_route, lambda: GONE)
        yield self.grant_step(self._source_arn)

    def away(self) -> Iterator[Step]:
        """The route; the API too when it was the last one."""
        yield self.away_step(self._remove)

    # ---- what it should be

    @property
    def _api_name(self) -> str:
        return self.place.name(_api_of(self.wanted, self.function.name))

    @property
    def _route_key(self) -> str:
        return f"{self.wanted.settings['method']} {self.wanted.settings['path']}"

    @property
    def _origins(self) -> tuple[str, ...]:
        """CORS belongs to the API: what all routes of it declare together, those of other functions too."""
        rows = Trigger.objects.filter(environment=self.environment, definition__type="http").select_related("function")
        others = (row.definition for row in rows if row.function_id != self.function.pk and self._shares(row))
        revision = self.deployment.function_revision
        own = (one for one in (revision.triggers if revision else ()) if one["type"] == "http")
        same = [*others, *(one for one in own if one.get("api") == self.wanted.settings.get("api"))]
        return tuple(sorted({origin for one in same for origin in one.get("cors", ())}))

    def _shares(self, row: Trigger) -> bool:
        return (row.definition.get("api") or row.function.name) == _api_of(self.wanted, self.function.name)

    def _is_taken_on(self) -> bool:
        """Whether what is being deployed has another route of the API: its address stays."""
        revision = None if self.deployment.removes else self.deployment.function_revision
        own = (triggers.read(one) for one in (revision.triggers if revision else ()))
        api = _api_of(self.wanted, self.function.name)
        return any(one.type == "http" and _api_of(one, self.function.name) == api for one in own)

    def _source_arn(self) -> str:
        return triggers.granted_source(self.wanted, self.place, self._known.id)

    # ---- the steps

    @property
    def _known(self) -> Api:
        if self._api is None:
            raise NotYet("AWS does not show the API yet.")
        return self._api

    def _api_is_so(self) -> str | None:
        self._api = self._find()
        if self._api is None or not apigateway.has_stage(self.target, self._api.id):
            return None
        self.note(source_arn="", made={"api_id": self._api.id}, owns_source=True, invoke_url=self._invoke_url)
        return self._api.endpoint

    def _api_told(self) -> Sides:
        return Sides({"stage": "$default"}, {"stage": "none"}) if self._api else GONE

    def _make_api(self) -> str:
        if self._api is None:
            made = apigateway.create_api(self.target, self._api_name, owner_tags(self.environment))
            self._api = self._find()
            if self._api and self._api.id != made:
                apigateway.delete_api(self.target, made)  # another deployment made one of that name at the same time
        apigateway.create_stage(self.target, self._known.id)
        return f"Made {self._api_name}"

    def _find(self) -> Api | None:
        """The oldest of ours of that name: the one all deployments agree on."""
        ours = str(self.environment.install)
        apis = apigateway.list_apis(self.target)
        return next((one for one in apis if one.name == self._api_name and one.tags.get(OWNER_TAG) == ours), None)

    @property
    def _invoke_url(self) -> str:
        return self._known.invoke_url(self.wanted.settings["path"])

    def _cors_is_so(self) -> str | None:
        self._api = self._find()
        if _plain(self._known.cors) != _plain(triggers.cors_of(self._origins)):
            return None
        return ", ".join(self._origins) or "No other site's pages may call it"

    def _cors_told(self) -> Sides:
        return Sides(
            _told(triggers.cors_of(self._origins)), _told(self._known.cors), {"origins": ("cors", self._taken())}
        )

    def _taken(self) -> list[str] | None:
        """The origins this route would declare for all of them together to be as they are live."""
        live, own = set(self._known.cors.get("AllowOrigins", ())), set(self.wanted.settings.get("cors", ()))
        return sorted((own & live) | (live - set(self._origins))) or None

    def _put_cors(self) -> str:
        apigateway.put_cors(self.target, self._known.id, triggers.cors_of(self._origins))
        return f"Pages of {', '.join(self._origins) or 'no other site'} may call it"

    def _route_is_so(self) -> str | None:
        found = self._route()
        if found is None:
            return None
        if found.function_arn != self.alias_arn:
            raise Refusal(
                "RouteTaken",
                f"{self._route_key} of the API {self._api_name} leads to {found.function_arn or 'something else'}.",
                "Give this trigger another method or path, or take the other one away first.",
            )
        return self._route_key

    def _make_route(self) -> str:
        apigateway.create_route(self.target, self._known.id, self._route_key, self.alias_arn)
        return f"{self._route_key} leads to {self.alias_arn}"

    def _route(self) -> Route | None:
        routes = apigateway.list_routes(self.target, self._known.id)
        return next((one for one in routes if one.key == self._route_key), None)

    def _remove(self) -> str:
        self._api = self._find()
        if self._api is None:
            return "It was gone already"
        routes = apigateway.list_routes(self.target, self._api.id)
        own = [one for one in routes if one.key == self._route_key and one.function_arn == self.alias_arn]
        for route in own:
            apigateway.delete_route(self.target, self._api.id, route)
        if len(routes) > len(own) or self._is_taken_on():
            return f"Took {self._route_key} away"
        apigateway.delete_api(self.target, self._api.id)
        return f"Took {self._route_key} away, and the API with it: it was the last"


def _api_of(trigger: TriggerDefinition, function: str) -> str:
    return str(trigger.settings.get("api") or function)


CORS = {
    "AllowOrigins": "origins",
    "AllowMethods": "methods",
    "AllowHeaders": "headers",
    "ExposeHeaders": "exposed headers",
    "AllowCredentials": "credentials",
    "MaxAge": "max age",
}


def _plain(cors: Mapping[str, Any]) -> dict[str, Any]:
    """Lists in one order, and nothing of what allows nothing."""
    return {name: sorted(value) if isinstance(value, list) else value for name, value in cors.items() if value}


def _told(cors: Mapping[str, Any]) -> dict[str, str]:
    said = {name: ", ".join(value) if isinstance(value, list) else str(value) for name, value in _plain(cors).items()}
    return {"origins": "none"} | {CORS.get(name, name): text for name, text in said.items()}
