"""
The settings of one node: one typed, frozen tree.

Read once at the start from a TOML file and from the environment (`TRUC_` + section + key, which wins
over the file). An unknown key is an error that names the nearest known one. Secrets never stand in the
tree: a setting names where a secret lies (`env:NAME` or `file:PATH`), and `Secret.read` opens it when it
is needed. Paths are relative to the folder of the file, so that a node starts alike from any folder.

Agencies, their keys and ways of delivery are rows of the store, not settings.
"""

from gateway.config.book import Setting, section_titles, settings
from gateway.config.console import ConsoleSection, OidcSection
from gateway.config.doors import FolderSection, MailSection, UplinkSection, VxpSection, WebhookSection
from gateway.config.listeners import HttpSection, ListenerSection, TlsFiles
from gateway.config.reading import load, parse
from gateway.config.reports import ReportsSection
from gateway.config.section import Section
from gateway.config.tree import (
    BrokerSection,
    CalendarSection,
    Config,
    DeliverySection,
    LimitsSection,
    LinkSection,
    LogSection,
    NodeSection,
    SealSection,
    StoreSection,
)
from gateway.config.values import Secret
from gateway.config.watching import AlertsSection, AlertWaySection, SyslogSection

__all__ = [
    "AlertWaySection",
    "AlertsSection",
    "BrokerSection",
    "CalendarSection",
    "Config",
    "ConsoleSection",
    "DeliverySection",
    "FolderSection",
    "HttpSection",
    "LimitsSection",
    "LinkSection",
    "ListenerSection",
    "LogSection",
    "MailSection",
    "NodeSection",
    "OidcSection",
    "ReportsSection",
    "SealSection",
    "Secret",
    "Section",
    "Setting",
    "StoreSection",
    "SyslogSection",
    "TlsFiles",
    "UplinkSection",
    "VxpSection",
    "WebhookSection",
    "load",
    "parse",
    "section_titles",
    "settings",
]
