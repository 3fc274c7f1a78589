"""
The sections of who watches over a node: alerts to its operators, the journal to the security officer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from gateway.config.section import Section, setting
from gateway.config.values import Duration, FilePath, Listed, SecretReference
from gateway.core.alerts import QUIET, AlertKind, AlertLimits, Patience

_LIMITS, _PATIENCE = AlertLimits(), Patience()


class AlertWaySection(Section):
    """Một cách báo · One way of telling"""

    url: SecretReference = setting(
        ...,
        "Nơi để địa chỉ theo cách viết của apprise: mailtos://…, json://…, tgram://…; địa chỉ chứa mật khẩu",
        "Where the address lies, as apprise writes it: mailtos://…, json://…, tgram://…; it holds passwords",
    )


class AlertsSection(Section):
    """Cảnh báo cho người vận hành · Alerts to operators"""

    enabled: bool = setting(True, "Theo dõi và cảnh báo", "Watch, and raise alerts")
    ways: Mapping[str, AlertWaySection] = setting(
        {},
        "Báo tới đâu: [alerts.ways.truc-ban]; trống: chỉ hiện trên bảng điều khiển",
        "Where alerts are sent: [alerts.ways.on-duty]; none: they only show on the console",
    )
    quiet: Annotated[tuple[AlertKind, ...], Listed] = setting(
        QUIET,
        "Những điều kiện chỉ hiện trên bảng điều khiển, không gửi đi",
        "Conditions that only show on the console and are not sent",
    )
    link_down_after: Duration = setting(
        _LIMITS.link_down_after,
        "Đường nối đứt bao lâu thì báo",
        "How long a link is down before that is told",
        ge=timedelta(0),
    )
    oldest_after: Duration = setting(
        _LIMITS.oldest_after,
        "Văn bản chờ một nút kề nhận bao lâu thì báo",
        "How long a letter waits for a neighbour before that is told",
        gt=timedelta(0),
    )
    urgent_after: Duration = setting(
        _LIMITS.urgent_after,
        "Văn bản khẩn chưa chuyển được bao lâu thì báo",
        "How long an urgent letter has not gone on before that is told",
        gt=timedelta(0),
    )
    refusals_percent: int = setting(
        _LIMITS.refusals_percent,
        "Bao nhiêu phần trăm văn bản gửi vào bị trả lại thì báo",
        "From which share of refusals on, in percent, that is told",
        ge=1,
        le=100,
    )
    refusals_least: int = setting(
        _LIMITS.refusals_least,
        "Ít văn bản hơn số này thì không tính tỷ lệ",
        "With fewer letters than this no share is taken",
        ge=1,
    )
    certificate_before: Duration = setting(
        _LIMITS.certificate_before,
        "Báo trước khi chứng thư hết hạn bao lâu",
        "How long before a certificate ends that is told",
        ge=timedelta(days=1),
    )
    disk_free_percent: int = setting(
        _LIMITS.disk_free_percent,
        "Ổ đĩa dữ liệu còn trống dưới bao nhiêu phần trăm thì báo",
        "Below which free share of the data disk, in percent, that is told",
        ge=1,
        le=90,
    )
    clock_off: Duration = setting(
        _LIMITS.clock_off,
        "Đồng hồ lệch với cơ sở dữ liệu bao nhiêu thì báo",
        "From which difference to the clock of the database on that is told",
        gt=timedelta(0),
    )
    calm: Duration = setting(
        _PATIENCE.calm,
        "Hết bao lâu mới coi là hết, để khỏi báo đi báo lại",
        "How long a condition must be away to be over, so that it is not told again and again",
        ge=timedelta(0),
    )
    remind: Duration = setting(
        _PATIENCE.remind,
        "Bao lâu nhắc lại một lần khi chưa ai ghi nhận",
        "How often an alert is told again that nobody has acknowledged",
        ge=timedelta(minutes=1),
    )

    def limits(self) -> AlertLimits:
        """From where on conditions hold."""
        return AlertLimits(**{name: getattr(self, name) for name in AlertLimits.__slots__})

    def patience(self) -> Patience:
        """How long conditions are waited for, and when they are told again."""
        return Patience(self.calm, self.remind)


class SyslogSection(Section):
    """Chuyển nhật ký sang hệ thống giám sát an toàn thông tin · The journal to a SIEM (RFC 5424)"""

    host: str = setting("", "Máy nhận; trống: không chuyển", "Who receives it; empty: nobody")
    port: int = setting(6514, "Cổng của máy nhận", "Its port", ge=1, le=65535)
    transport: Literal["tls", "tcp", "udp"] = setting(
        "tls",
        "Cách chuyển; udp có thể mất tin mà không ai biết",
        "How it goes; with udp lines may be lost and nobody knows",
    )
    ca_file: FilePath | None = setting(
        None,
        "Chứng thư gốc của máy nhận (PEM), nếu không thuộc kho của máy này",
        "Root certificate of the receiver (PEM), if this machine does not know it",
    )
    facility: int = setting(
        13,
        "Facility của syslog; 13 là nhật ký kiểm toán",
        "The syslog facility; 13 is the log of audits",
        ge=0,
        le=23,
    )
