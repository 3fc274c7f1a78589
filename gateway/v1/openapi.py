"""
The OpenAPI 3.1 document of /v1, made from the declared operations: nothing in it is written a second time.

Sentences stand in both languages, Vietnamese first, with a point between: `vi · en`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from gateway.core.errors import Fault
from gateway.core.sentences import title_en, title_vi
from gateway.v1.findings import Problem
from gateway.v1.operations import (
    JSON,
    RATE,
    RETRY_AFTER,
    Access,
    Answer,
    Body,
    Header,
    Operation,
    PathParameter,
)
from gateway.v1.query import parameters_of

Json = dict[str, Any]

PROBLEM = "application/problem+json"
WAITED_FOR = {429, 503, 507}  # refusals that say when to come again
REFERENCE = "#/components/schemas/{model}"

SECURITY_SCHEMES: Json = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "Khóa truy cập truc_… của đơn vị · The agency's access key truc_…",
    },
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Truc-Key",
        "description": "Cùng khóa đó, cho phần mềm không đặt được Authorization · "
        "The same key, for systems that cannot set Authorization",
    },
}

ABOUT = (
    "Trục liên thông văn bản điện tử: gửi, nhận, theo dõi văn bản edXML (QCVN 102:2016). "
    "Mỗi lỗi có mã ổn định TRUC-nnn, câu tiếng Việt và tiếng Anh, và việc cần làm tiếp theo.\n\n"
    "The gateway of the e-document axis: send, receive and track edXML messages (QCVN 102:2016). "
    "Every refusal bears a stable code TRUC-nnn, words in Vietnamese and English, and what to do next."
)


def both(vi: str, en: str) -> str:
    """A sentence in both languages."""
    return f"{vi} · {en}" if vi and en else vi or en


LANGUAGE: Json = {
    "name": "Accept-Language",
    "in": "header",
    "description": both(
        "Ngôn ngữ của thông báo lỗi: vi (mặc định) hoặc en", "Language of refusals: vi (default) or en"
    ),
    "schema": {"type": "string", "examples": ["vi", "en"]},
}


class _Words(GenerateJsonSchema):
    """Schemas without the titles that pydantic makes up: `letter_id` needs no `Letter Id`."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def document(operations: Sequence[Operation], version: str) -> Json:
    """The whole document. `version` is that of the package; `operations` in the order of the reader page."""
    references, schemas = _schemas(operations)
    paths: dict[str, Json] = {}
    for operation in operations:
        described = _operation(operation, references)
        for answer in operation.answers:
            if answer.gives:
                described["responses"][str(answer.status)]["links"] = _links(answer, operations)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    tags = {operation.tag.name: operation.tag for operation in operations}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Trục /v1",
            "version": version,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag.name, "description": both(tag.vi, tag.en)} for tag in tags.values()],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": SECURITY_SCHEMES,
            "parameters": {"AcceptLanguage": LANGUAGE},
        },
    }


References = Mapping[tuple[Any, JsonSchemaMode], Json]


def _schemas(operations: Iterable[Operation]) -> tuple[References, Json]:
    """Where each shape stands, and all of them by name: what is sent is read, what is answered is written."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for operation in operations:
        wanted.update({(body.shape, "validation"): None for body in operation.bodies if body.shape})
        wanted.update({(a.shape, "serialization"): None for a in operation.answers if a.shape})
    references, definitions = models_json_schema(
        list(wanted), ref_template=REFERENCE, schema_generator=_Words
    )
    return references, definitions["$defs"]


def _operation(operation: Operation, references: References) -> Json:
    described: Json = {
        "operationId": operation.name,
        "tags": [operation.tag.name],
        "summary": both(operation.vi, operation.en),
        "parameters": _parameters(operation),
        "responses": _responses(operation, references),
        "security": [] if operation.access is Access.OPEN else [{name: []} for name in SECURITY_SCHEMES],
    }
    if operation.more_vi:
        described["description"] = f"{operation.more_vi}\n\n{operation.more_en}"
    if operation.bodies:
        content = {body.media_type: _content(body, references) for body in operation.bodies}
        words = "\n".join(f"- `{b.media_type}`: {both(b.vi, b.en)}" for b in operation.bodies)
        described["requestBody"] = {"required": True, "description": words, "content": content}
    return described


def _parameters(operation: Operation) -> list[Json]:
    return [
        *map(_path_parameter, operation.parameters),
        *(
            {
                "name": parameter.name,
                "in": "query",
                "required": parameter.is_required,
                "description": both(parameter.vi, parameter.en),
                "schema": dict(parameter.shape),
            }
            for parameter in parameters_of(operation.query).values()
        ),
        *(
            {"name": h.name, "in": "header", "required": h.is_required, **_header(h)}
            for h in operation.all_headers
        ),
        {"$ref": "#/components/parameters/AcceptLanguage"},
    ]


def _path_parameter(parameter: PathParameter) -> Json:
    return {
        "name": parameter.name,
        "in": "path",
        "required": True,
        "description": both(parameter.vi, parameter.en),
        "schema": {"type": "string", "pattern": f"^{parameter.pattern}$", "examples": [parameter.example]},
    }


def _header(header: Header) -> Json:
    schema: Json = {"type": "string"}
    if header.pattern:
        schema["pattern"] = f"^{header.pattern}$"
    if header.example:
        schema["examples"] = [header.example]
    return {"description": both(header.vi, header.en), "schema": schema}


def _content(body: Body, references: References) -> Json:
    """Bytes have no schema in OpenAPI 3.1: the media type says all."""
    content: Json = {"schema": references[body.shape, "validation"]} if body.shape else {}
    if body.example is not None:
        content["examples"] = {"example": {"value": body.example}}
    return content


def _responses(operation: Operation, references: References) -> Json:
    responses: dict[str, Json] = {}
    for answer in operation.all_answers:
        rate = () if operation.access is Access.OPEN else RATE
        responses[str(answer.status)] = _answer(answer, (*answer.headers, *rate), references)
    for status, faults in operation.refusals().items():
        refusal = _refusal(status, faults, references)
        known = responses.setdefault(str(status), refusal)
        if known is not refusal:  # a 503 of /v1/ready says which part is not ready, or is a problem
            known["description"] += "\n\n" + refusal["description"]
            known.setdefault("content", {}).update(refusal["content"])
    return responses


def _answer(answer: Answer, headers: Sequence[Header], references: References) -> Json:
    described: Json = {"description": both(answer.vi, answer.en)}
    if headers:
        described["headers"] = {header.name: _header(header) for header in headers}
    if answer.content_type:
        content: Json = {}
        if answer.shape:
            content["schema"] = references[answer.shape, "serialization"]
        elif answer.content_type == JSON:
            content["schema"] = {"type": "object"}
        if answer.example is not None:
            content["examples"] = {"example": {"value": answer.example}}
        described["content"] = {answer.content_type: content}
    return described


def _links(answer: Answer, operations: Iterable[Operation]) -> Json:
    """The operations that can follow this answer, since it gives every name in their path."""
    return {
        operation.name: {
            "operationId": operation.name,
            "parameters": {p.name: f"$response.body#{answer.gives[p.name]}" for p in operation.parameters},
        }
        for operation in operations
        if operation.parameters and all(p.name in answer.gives for p in operation.parameters)
    }


def _refusal(status: int, faults: Sequence[Fault], references: References) -> Json:
    lines = "\n".join(f"- `{fault.code}` {both(title_vi(fault), title_en(fault))}" for fault in faults)
    headers = {RETRY_AFTER.name: _header(RETRY_AFTER)} if status in WAITED_FOR else {}
    return {
        "description": lines,
        **({"headers": headers} if headers else {}),
        "content": {
            PROBLEM: {
                "schema": references[Problem, "serialization"],
                "examples": {fault.code: {"value": _example(fault, status)} for fault in faults[:1]},
            }
        },
    }


def _example(fault: Fault, status: int) -> Json:
    return {
        "type": f"/v1/errors/{fault.code}",
        "title": title_vi(fault),
        "status": status,
        "detail": f"{title_vi(fault)}. {fault.next_vi}.",
        "instance": "/v1/…",
        "code": fault.code,
        "vi": title_vi(fault),
        "en": title_en(fault),
        "next": {"vi": fault.next_vi, "en": fault.next_en},
        "findings": [],
        "request_id": "4f1c2a9be07d6835",
    }
