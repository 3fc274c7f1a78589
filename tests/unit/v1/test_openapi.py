"""
The OpenAPI document: valid, complete, and nothing in it that the operations do not say.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from gateway import __version__
from gateway.v1.openapi import PROBLEM, both, document
from gateway.v1.operations import Access, Operation
from tests.kit.api import Api, listening_api


@pytest.fixture
async def api() -> Any:
    async with listening_api() as listening:
        yield listening


@pytest.fixture
def made(api: Api) -> dict[str, Any]:
    return document(api.operations, __version__)


def described(made: dict[str, Any], operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = made["paths"][operation.path][operation.method.lower()]
    return found


def test_document_is_valid_openapi(made: dict[str, Any]) -> None:
    assert list(OpenAPIV31SpecValidator(made).iter_errors()) == []


def test_it_is_json_and_bears_the_version_of_the_package(made: dict[str, Any]) -> None:
    assert json.loads(json.dumps(made)) == made
    assert made["info"]["version"] == __version__


def test_every_operation_is_there_with_its_answers_and_refusals(api: Api, made: dict[str, Any]) -> None:
    for operation in api.operations:
        shown = described(made, operation)
        statuses = {answer.status for answer in operation.all_answers} | set(operation.refusals())
        assert set(shown["responses"]) == {str(status) for status in statuses}
        assert shown["operationId"] == operation.name
        assert " · " in shown["summary"]


def test_only_open_operations_need_no_key(api: Api, made: dict[str, Any]) -> None:
    for operation in api.operations:
        assert (described(made, operation)["security"] == []) == (operation.access is Access.OPEN)


def test_every_refusal_names_its_codes_and_has_the_shape_of_a_problem(api: Api, made: dict[str, Any]) -> None:
    for operation in api.operations:
        for status, faults in operation.refusals().items():
            refusal = described(made, operation)["responses"][str(status)]
            assert all(f"`{fault.code}`" in refusal["description"] for fault in faults)
            assert refusal["content"][PROBLEM]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_parameters_show_their_limits_and_no_null(made: dict[str, Any]) -> None:
    parameters = {p["name"]: p for p in made["paths"]["/v1/mailbox"]["get"]["parameters"] if "name" in p}
    assert parameters["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
    assert parameters["kind"]["schema"] == {"type": "string", "enum": ["document", "status"]}
    assert parameters["after"]["description"].startswith("Con trỏ")
    assert "null" not in json.dumps(list(parameters.values()))


def test_path_parameters_are_required_and_have_a_form(made: dict[str, Any]) -> None:
    (letter_id,) = [
        p for p in made["paths"]["/v1/letters/{letter_id}"]["get"]["parameters"] if p.get("in") == "path"
    ]
    assert letter_id["required"] is True
    assert letter_id["schema"]["pattern"].startswith("^[0-9a-f]{8}")


def test_answer_that_names_a_letter_leads_to_what_can_be_done_with_it(made: dict[str, Any]) -> None:
    links = made["paths"]["/v1/letters"]["post"]["responses"]["201"]["links"]
    assert {"trackLetter", "getEvidence", "reportStatus", "fetchLetter", "acknowledgeLetter"} <= set(links)
    assert links["trackLetter"]["parameters"] == {"letter_id": "$response.body#/letter_id"}
    assert "links" not in made["paths"]["/v1/letters"]["post"]["responses"]["200"]


def test_titles_are_only_those_that_somebody_wrote(made: dict[str, Any]) -> None:
    fields = made["components"]["schemas"]["LetterAnswer"]["properties"]
    assert not [name for name, field in fields.items() if "title" in field]


def test_sentence_in_one_language_stands_alone() -> None:
    assert both("vi", "en") == "vi · en"
    assert both("vi", "") == "vi"
