"""
VXP: agencies whose systems use the SDK of the national axis come for their letters on a listener of its own.

Nothing is pushed. What was agreed with an agency stands in its row of the way `vxp`:
    trusts_filters   true: fromDate, toDate, pageSize and pageIndex of its list calls are meant
                     (default: false, since most SDK objects repeat what an earlier call has left in them)
and in its terms:
    dialect          how edXML is written for it (default: as-sent)
The facade of the provincial axes is served on the same listener, since its paths begin with /v1 as ours do.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.lgsp.facade import Facade
from adapters.vxp.agencies import Agencies
from adapters.vxp.app import Handler, Roof, refuse
from adapters.vxp.receiving import Receiving
from adapters.vxp.sending import Sending
from adapters.vxp.sent import Sent
from gateway.ports import AgencyAdapter, Counter, Workplace
from gateway.vxp import functions


class VxpAdapter(AgencyAdapter):
    """The door of every agency whose directory row says `vxp`."""

    name = "vxp"

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace

    def counters(self) -> Sequence[Counter]:
        """One listener, where it is switched on."""
        section = self._workplace.settings
        if not section.enabled:
            return ()
        return (Counter(name=self.name, app=self.roof().app(), section=section, refuse=refuse),)

    def roof(self) -> Roof:
        """What is served, function by function."""
        place = self._workplace
        receiving, sent = Receiving(place), Sent(place)
        agencies = Agencies(place.office, place.clock)
        handlers: dict[functions.Function, Handler] = {
            functions.SEND_EDOC: Sending(place.office).send,
            functions.GET_RECEIVED: receiving.list,
            functions.GET_EDOC: receiving.get,
            functions.DOWNLOAD_EDOC: receiving.download,
            functions.UPDATE_STATUS: receiving.update,
            functions.COUNT_EDOCS: receiving.count,
            functions.COUNT_STATUSES: receiving.count,
            functions.GET_SENT: sent.list,
            functions.GET_AGENCIES: agencies.list,
            functions.GET_AGENCIES_QD20: agencies.list,
            functions.GET_UNITS: agencies.list,
            functions.REGISTER_AGENCY: agencies.register,
            functions.DELETE_AGENCY: agencies.close,
        }
        return Roof(place.keyring, place.log, handlers, Facade(place))
