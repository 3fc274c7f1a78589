"""
/v1 as a whole: everything that is served is declared, once, and said in both languages.
"""

from __future__ import annotations

from tests.kit.api import Api


async def test_what_is_served_is_what_is_declared(api: Api) -> None:
    assert {(o.method, o.path) for o in api.operations} == api.routes()


async def test_names_are_unique_since_clients_are_generated_from_them(api: Api) -> None:
    names = [operation.name for operation in api.operations]
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() for name in names)


async def test_everything_is_said_in_both_languages(api: Api) -> None:
    for o in api.operations:
        said = [o, o.tag, *o.parameters, *o.all_headers, *o.bodies, *o.all_answers]
        assert all(words.vi and words.en for words in said), o.name
        assert bool(o.more_vi) == bool(o.more_en), o.name


async def test_every_refusal_of_an_operation_is_in_the_family_of_errors(api: Api) -> None:
    for operation in api.operations:
        assert all(400 <= status < 600 for status in operation.refusals()), operation.name
