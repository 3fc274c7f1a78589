"""
/v1/keys and /v1/agencies/{code}/terms: what an operator gives out and agrees on while the node runs.

An agency's own key may look at itself and have itself replaced, so that a program can change its key without
anybody's visit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aiohttp import web

from gateway.core.catalogue import AGENCY_UNKNOWN, KEY_REPLACED, UNKNOWN_KEY
from gateway.core.model import AgencyCode
from gateway.http.accounts import ACCOUNTS
from gateway.http.surroundings import Surroundings
from gateway.keys import NewSystem
from gateway.ports import Credential
from gateway.v1 import request as asked
from gateway.v1.accounts import (
    KeyChange,
    KeySecret,
    KeyShape,
    KeysShape,
    KeyWish,
    RotationWish,
    TermsShape,
    TermsWish,
)
from gateway.v1.operations import JSON, Access, Answer, Body, Operation, PathParameter, json_answer

KEY_ID = PathParameter(
    "key_id", "Mã khóa, như trong danh sách", "Id of the key", "[0-9a-f]{12}", "3f9c1d2e4a5b"
)
AGENCY = PathParameter(
    "code", "Mã đơn vị của nút này", "Code of an agency of this node", "[^/{}]{1,64}", "000.01.40.H14"
)
SECRET_ONCE = Answer(200, "Khóa mới, chỉ hiện một lần", "The new key, shown this once", KeySecret)


class Keys:
    """The keys of one node."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._desk = surroundings.keys

    def operations(self) -> Sequence[Operation]:
        """Everything about keys and terms."""
        return (*self._of_keys(), *self._of_one_key(), *self._of_terms())

    def _of_keys(self) -> Sequence[Operation]:
        return (
            Operation(
                method="GET",
                path="/v1/keys",
                name="listKeys",
                tag=ACCOUNTS,
                vi="Các khóa: người quản trị thấy tất cả, đơn vị chỉ thấy khóa đang dùng",
                en="The keys: an operator sees all, an agency the one it calls with",
                handler=self.list,
                answers=(Answer(200, "Danh sách khóa", "The keys", KeysShape),),
                is_tagged=True,
            ),
            Operation(
                method="POST",
                path="/v1/keys",
                name="addKey",
                tag=ACCOUNTS,
                access=Access.OPERATOR,
                vi="Cấp khóa truy cập, hoặc mã hệ thống kèm khóa bí mật",
                en="Give out an access key, or a system id with its secret",
                handler=self.add,
                bodies=(
                    Body(
                        JSON,
                        "Khóa cho ai",
                        "Whom the key is for",
                        KeyWish,
                        {"label": "QLVB huyện", "agencies": ["000.01.40.H14"]},
                    ),
                ),
                answers=(Answer(201, "Khóa mới, chỉ hiện một lần", "Shown this once", KeySecret),),
                faults=(AGENCY_UNKNOWN,),
            ),
        )

    def _of_one_key(self) -> Sequence[Operation]:
        return (
            Operation(
                method="PATCH",
                path="/v1/keys/{key_id}",
                name="changeKey",
                tag=ACCOUNTS,
                access=Access.OPERATOR,
                vi="Khóa lại hoặc mở một khóa truy cập",
                en="Lock a key, or unlock it",
                handler=self.change,
                parameters=(KEY_ID,),
                bodies=(Body(JSON, "Khóa hay mở", "Locked or not", KeyChange, {"locked": True}),),
                answers=(Answer(200, "Khóa sau khi đổi", "The key as it is now", KeyShape),),
                faults=(UNKNOWN_KEY,),
            ),
            Operation(
                method="POST",
                path="/v1/keys/{key_id}/rotate",
                name="rotateKey",
                tag=ACCOUNTS,
                vi="Đổi khóa không gián đoạn: khóa cũ còn dùng được một thời gian",
                en="Change a key without a pause: the former one lives on for a while",
                handler=self.rotate,
                parameters=(KEY_ID,),
                bodies=(Body(JSON, "Trong bao lâu", "How long", RotationWish, {"overlap_days": 7}),),
                answers=(SECRET_ONCE,),
                faults=(UNKNOWN_KEY, KEY_REPLACED),
            ),
        )

    def _of_terms(self) -> Sequence[Operation]:
        answer = Answer(200, "Thỏa thuận đang có hiệu lực", "The terms in force", TermsShape)
        return (
            Operation(
                method="GET",
                path="/v1/agencies/{code}/terms",
                name="getTerms",
                tag=ACCOUNTS,
                access=Access.OPERATOR,
                vi="Thỏa thuận với một đơn vị",
                en="What was agreed with an agency",
                handler=self.terms,
                parameters=(AGENCY,),
                answers=(answer,),
                faults=(AGENCY_UNKNOWN,),
                is_tagged=True,
            ),
            Operation(
                method="PUT",
                path="/v1/agencies/{code}/terms",
                name="setTerms",
                tag=ACCOUNTS,
                access=Access.OPERATOR,
                vi="Đặt thỏa thuận với một đơn vị; có hiệu lực trong vài giây",
                en="Agree on terms with an agency; they count within seconds",
                handler=self.set_terms,
                parameters=(AGENCY,),
                bodies=(Body(JSON, "Thỏa thuận", "The terms", TermsWish, {"letters_per_day": 2000}),),
                answers=(answer,),
                faults=(AGENCY_UNKNOWN,),
            ),
        )

    async def list(self, request: web.Request) -> web.Response:
        """Those that the caller may see."""
        keys = await self._desk.keys(asked.caller_of(request))
        return json_answer(KeysShape(keys=tuple(map(KeyShape.of, keys))))

    async def add(self, request: web.Request) -> web.Response:
        """A new access key or system."""
        said = await asked.json_body(request, KeyWish)
        agencies = frozenset(map(AgencyCode, said.agencies))
        if said.system_id:
            made = await self._desk.issue_system(
                NewSystem(
                    system_id=said.system_id,
                    label=said.label or said.system_id,
                    agencies=agencies,
                    may_register=said.may_register,
                    certificate=said.certificate.lower(),
                    secret=said.secret,
                )
            )
        elif said.secret or said.may_register:
            raise asked.bad("system_id", element="system_id")
        else:
            wanted = Credential("", said.label, agencies, certificate=said.certificate.lower())
            made = await self._desk.issue(wanted)
        return json_answer(_given(made), status=201)

    async def change(self, request: web.Request) -> web.Response:
        """Lock or unlock a key."""
        said, key_id = await asked.json_body(request, KeyChange), request.match_info["key_id"]
        changed = await self._desk.set_locked(asked.caller_of(request), key_id, said.locked)
        return json_answer(KeyShape.of(changed))

    async def rotate(self, request: web.Request) -> web.Response:
        """A new key in the place of another."""
        said, key_id = await asked.json_body(request, RotationWish), request.match_info["key_id"]
        overlap = timedelta(days=said.overlap_days)
        return json_answer(_given(await self._desk.rotate(asked.caller_of(request), key_id, overlap)))

    async def terms(self, request: web.Request) -> web.Response:
        """The terms in force."""
        return json_answer(TermsShape.of(*await self._desk.terms(request.match_info["code"])))

    async def set_terms(self, request: web.Request) -> web.Response:
        """New terms."""
        terms = (await asked.json_body(request, TermsWish)).terms()
        agency = await self._desk.set_terms(request.match_info["code"], terms)
        return json_answer(TermsShape.of(agency, terms))


def _given(made: tuple[Credential, str]) -> KeySecret:
    return KeySecret(key=KeyShape.of(made[0]), secret=made[1])
