"""
What the HTTP room of one node is given: nothing in it is global.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from gateway.core.model import NodeId
from gateway.http.auth import CredentialLookup
from gateway.http.upload_files import UploadFolder
from gateway.key_log import KeyLog
from gateway.keys import KeyDesk
from gateway.observe import Log, Metrics
from gateway.ports import Clock, NoticeBoard, Office
from gateway.reports.desk import ReportDesk
from gateway.v1.transfer import Limits


@dataclass(frozen=True, slots=True)
class Health:
    """How a node feels: whether its store answers, whether it is shutting down, which links are up."""

    store: bool
    links: Mapping[NodeId, bool] = field(default_factory=dict)
    draining: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the /v1 listener of one node works with.

    `credential` is `Store.credential`; `health` is asked by /v1/ready. `uploads` is on the node's own disk.
    `used` is told of every key that let somebody in.
    """

    node: NodeId
    office: Office
    notices: NoticeBoard
    uploads: UploadFolder
    keys: KeyDesk
    credential: CredentialLookup
    health: Callable[[], Awaitable[Health]]
    clock: Clock
    log: Log
    metrics: Metrics
    reports: ReportDesk
    limits: Limits = field(default_factory=Limits)
    used: KeyLog = field(default_factory=KeyLog)
