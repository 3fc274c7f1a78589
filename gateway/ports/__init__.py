"""
The sockets in the walls of the office: what the doors need, in the office's own words.

No SQL, no AMQP, no HTTP is spoken here. Every port has real small implementations (SQLite in
memory, the memory broker), so tests need no mocks.
"""

from gateway.core.tracking import HopEvent, StatusEvent
from gateway.ports.accounts import (
    Account,
    Act,
    ConsoleBook,
    JournalPage,
    JournalWish,
    LockOut,
    Role,
    Session,
)
from gateway.ports.adapters import AdapterFactory, AgencyAdapter, AtTheDoor, Counter, Deliverer, Workplace
from gateway.ports.blobs import Blobs, BlobSink, Partial, StoredPart
from gateway.ports.editions import EditionBytes, EditionFault, EditionLine, EditionState, NewEdition
from gateway.ports.keys import Caller, Credential, KeyBook, Keyring, SystemKey, Vault
from gateway.ports.letters import (
    BETWEEN_NAMES,
    Arriving,
    Duty,
    IdempotencyKey,
    JournalRow,
    LetterKey,
    MailItem,
    NewLetter,
    Outgoing,
    Recalled,
    StoredLetter,
    Taking,
    TrackRecord,
    Work,
)
from gateway.ports.network import LINKS, Broker, Inbox, Incoming
from gateway.ports.notices import (
    Channel,
    Notice,
    NoticeBoard,
    NoticeOutcome,
    NoticeState,
    Occasion,
    Subscription,
)
from gateway.ports.office import (
    Accepted,
    DiaryPage,
    Office,
    OpenEvidence,
    OpenLetter,
    RecipientAnswer,
    Registration,
    Traffic,
    Wanted,
    Word,
)
from gateway.ports.seals import Examiner, Sealer
from gateway.ports.store import Store
from gateway.ports.terms import OFFICE, Quota, Terms
from gateway.ports.time import Bell, Clock

__all__ = [
    "BETWEEN_NAMES",
    "LINKS",
    "OFFICE",
    "Accepted",
    "Account",
    "Act",
    "AdapterFactory",
    "AgencyAdapter",
    "Arriving",
    "AtTheDoor",
    "Bell",
    "BlobSink",
    "Blobs",
    "Broker",
    "Caller",
    "Channel",
    "Clock",
    "ConsoleBook",
    "Counter",
    "Credential",
    "Deliverer",
    "DiaryPage",
    "Duty",
    "EditionBytes",
    "EditionFault",
    "EditionLine",
    "EditionState",
    "Examiner",
    "HopEvent",
    "IdempotencyKey",
    "Inbox",
    "Incoming",
    "JournalPage",
    "JournalRow",
    "JournalWish",
    "KeyBook",
    "Keyring",
    "LetterKey",
    "LockOut",
    "MailItem",
    "NewEdition",
    "NewLetter",
    "Notice",
    "NoticeBoard",
    "NoticeOutcome",
    "NoticeState",
    "Occasion",
    "Office",
    "OpenEvidence",
    "OpenLetter",
    "Outgoing",
    "Partial",
    "Quota",
    "Recalled",
    "RecipientAnswer",
    "Registration",
    "Role",
    "Sealer",
    "Session",
    "StatusEvent",
    "Store",
    "StoredLetter",
    "StoredPart",
    "Subscription",
    "SystemKey",
    "Taking",
    "Terms",
    "TrackRecord",
    "Traffic",
    "Vault",
    "Wanted",
    "Word",
    "Work",
    "Workplace",
]
