"""Asks the API, and holds every answer against its own description."""

from typing import Any

from fastapi import FastAPI
from httpx import Response
from jsonschema_rs import Draft202012Validator
from starlette.testclient import TestClient

PREFIX = "/api/v1"


class Asking:
    """Requests whose answers are as the OpenAPI document says, or the test fails."""

    def __init__(self, client: TestClient, app: FastAPI) -> None:
        self.client = client
        self._document = app.openapi()
        self._validators: dict[str, Any] = {}

    def get(self, operation: str, path: str, status: int = 200, **options: Any) -> Any:
        """The JSON of an answer of an operation."""
        return self.response(operation, path, status, **options).json()

    def response(self, operation: str, path: str, status: int = 200, **options: Any) -> Response:
        found = self.client.get(PREFIX + path, **options)
        assert found.status_code == status, (path, found.status_code, found.text[:500])
        self.check(operation, found)
        return found

    def everything(self, operation: str, path: str) -> list[Any]:
        """All items of a list, page by page."""
        items, cursor = [], None
        while True:
            page = self.get(operation, f"{path}{'&' if '?' in path else '?'}cursor={cursor}" if cursor else path)
            items += page["items"]
            cursor = page["next"]
            if cursor is None:
                return items

    def check(self, operation: str, found: Response) -> None:
        described = self._operation(operation)["responses"][str(found.status_code)]
        kind = found.headers["content-type"].split(";")[0]
        assert kind in described["content"], (operation, kind)
        schema = described["content"][kind].get("schema", {})
        key = f"{operation} {found.status_code}"
        if key not in self._validators:
            whole = {**schema, "components": self._document["components"]}
            self._validators[key] = Draft202012Validator(whole)
        self._validators[key].validate(found.json())

    def _operation(self, operation: str) -> dict[str, Any]:
        for operations in self._document["paths"].values():
            for described in operations.values():
                if described["operationId"] == operation:
                    return dict(described)
        raise LookupError(operation)

    def problem(self, path: str, status: int, kind: str, method: str = "GET", **options: Any) -> dict[str, Any]:
        """The document of a request that goes wrong."""
        found = self.client.request(method, path, **options)
        assert (found.status_code, found.headers["content-type"]) == (status, "application/problem+json"), found.text
        document: dict[str, Any] = found.json()
        assert (document["type"], document["status"]) == (f"/problems/{kind}", status), document
        assert document["title"] and document["detail"]
        return document
