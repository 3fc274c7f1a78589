"""
The tree: sections and their fields, each with its sentence in both languages.

docs/configuration.md is made from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import ByteSize

from gateway.config.console import ConsoleSection, OidcSection
from gateway.config.doors import (
    FolderSection,
    MailSection,
    UplinkSection,
    VxpSection,
    WebhookSection,
)
from gateway.config.listeners import HttpSection
from gateway.config.reports import ReportsSection
from gateway.config.section import Section, setting
from gateway.config.values import Days, Duration, FilePath, Hours, Secret, SecretReference, Url
from gateway.config.watching import AlertsSection, SyslogSection
from gateway.core.archives import ArchiveLimits
from gateway.core.calendar import OfficeHours
from gateway.core.catalogue import CONFIG_BAD_VALUE
from gateway.core.delivery import Delivery, retry_after
from gateway.core.errors import Misconfigured, find
from gateway.core.take_back import TakeBackPolicy
from schemas.safe_xml import Limits

_XML = Limits()
_ARCHIVES = ArchiveLimits()


class NodeSection(Section):
    """Nút này là ai · Who this node is"""

    id: str = setting(
        ...,
        "Tên nút trong danh mục, ví dụ H14 hoặc H14.31",
        "Name of this node in the directory, such as H14 or H14.31",
        pattern=r"^[0-9A-Za-z][0-9A-Za-z.\-]{0,34}$",
    )
    data_dir: FilePath = setting(
        Path("var"),
        "Thư mục dữ liệu: cơ sở dữ liệu SQLite và nội dung văn bản",
        "Folder of the node's data: the SQLite database and the content of letters",
    )
    directory: FilePath | None = setting(
        None,
        "Tệp danh mục nút và đơn vị, được nạp khi cơ sở dữ liệu chưa có danh mục",
        "Directory file of nodes and agencies, read while the store has no directory yet",
    )
    secrets_key: FilePath | None = setting(
        None,
        "Tệp khóa mã hóa các mật khẩu cất trong cơ sở dữ liệu; trống: secrets.key trong data_dir",
        "Key file that encrypts the secrets kept in the database; empty: secrets.key in data_dir",
    )
    url: str = setting(
        "",
        "Địa chỉ mà người dùng và phần mềm của đơn vị mở nút này, ghi trong thông báo",
        "Address at which people and agencies' systems reach this node, as notices name it",
        pattern=r"^(https?://.+)?$",
    )


class StoreSection(Section):
    """Kho lưu · The store"""

    url: Url = setting(
        "",
        "Cơ sở dữ liệu: sqlite:///tệp hoặc postgresql+psycopg://tên@máy/csdl; trống: SQLite trong data_dir",
        "Database: sqlite:///file or postgresql+psycopg://user@host/name; empty: SQLite in data_dir",
    )
    password: SecretReference | None = setting(
        None, "Nơi để mật khẩu cơ sở dữ liệu", "Where the password of the database lies"
    )


class LinkSection(Section):
    """Một đường nối · One link"""

    url: Url = setting(
        ...,
        "Địa chỉ trạm trung chuyển của đường nối: amqp://người_dùng@máy/vhost",
        "The broker of the link: amqp://user@host/vhost",
        pattern=r"^amqps?://",
    )
    password: SecretReference | None = setting(
        None, "Nơi để mật khẩu của đường nối", "Where the password of the link lies"
    )


class BrokerSection(Section):
    """Trạm trung chuyển · The broker"""

    heartbeat: Duration = setting(
        timedelta(seconds=15),
        "Nhịp kiểm tra kết nối; một kết nối treo bị phát hiện sau khoảng ba nhịp",
        "Heartbeat of a connection; a dead one is noticed after about three of them",
        ge=timedelta(seconds=1),
    )
    confirm_timeout: Duration = setting(
        timedelta(seconds=10),
        "Thời gian chờ trạm trung chuyển xác nhận một khung tin",
        "How long to wait for the broker's confirm of one frame",
        gt=timedelta(0),
    )
    links: Mapping[str, LinkSection] = setting(
        {},
        "Đường nối theo tên nút kề: [broker.links.H14]",
        "The links by the name of the neighbour: [broker.links.H14]",
    )


class LimitsSection(Section):
    """Giới hạn dữ liệu vào · Limits of what comes in"""

    depth: int = setting(_XML.depth, "Số cấp lồng nhau của XML", "Levels of nesting in XML", ge=8)
    elements: int = setting(_XML.elements, "Số phần tử XML", "XML elements", ge=100)
    attribute_bytes: ByteSize = setting(
        ByteSize(_XML.attribute_bytes),
        "Độ dài một thuộc tính hoặc thẻ",
        "Length of one attribute or tag",
        ge=1024,
    )
    text_bytes: ByteSize = setting(
        ByteSize(_XML.text_bytes),
        "Độ dài một đoạn văn bản ngoài tệp đính kèm",
        "Length of one text outside the attachments",
        ge=1024,
    )
    envelope_bytes: ByteSize = setting(
        ByteSize(_XML.envelope_bytes),
        "Dung lượng văn bản không kể tệp đính kèm",
        "Size of a document without its attachments",
        ge=1024,
    )
    document_bytes: ByteSize = setting(
        ByteSize(_XML.document_bytes), "Dung lượng cả văn bản", "Size of a whole document", ge=1024
    )
    attachments: int = setting(
        _XML.attachments,
        "Số tệp đính kèm",
        "Attachments of one document; the wire takes 1100 parts of a letter",
        ge=1,
        le=1000,
    )
    archive_ratio: int = setting(
        _ARCHIVES.ratio,
        "Một tệp nén được bung ra nhiều nhất bao nhiêu lần dung lượng của nó",
        "How many times its own size an archive may expand to",
        ge=2,
    )

    def xml(self) -> Limits:
        """The limits in the form that the reader of XML takes."""
        return Limits(**self.model_dump(exclude={"archive_ratio"}))

    def archives(self) -> ArchiveLimits:
        """The limits in the form that the look into attached archives takes."""
        return ArchiveLimits(ratio=self.archive_ratio)


class DeliverySection(Section):
    """Chuyển văn bản · Delivery"""

    ttl_working_days: int = setting(
        5,
        "Số ngày làm việc trước khi một văn bản chưa chuyển được bị trả lại",
        "Working days after which a letter that could not be delivered goes back",
        ge=1,
        le=60,
    )
    pick_up_working_days: int = setting(
        1,
        "Số ngày làm việc đơn vị nhận chưa lấy văn bản thì báo bên gửi",
        "Working days without pick-up after which the sender is told",
        ge=1,
        le=60,
    )
    retry_first: Duration = setting(
        timedelta(seconds=20),
        "Chờ trước lần thử lại đầu tiên; mỗi lần sau gấp đôi",
        "Wait before the first retry; each later one doubles",
        gt=timedelta(0),
    )
    retry_longest: Duration = setting(
        timedelta(minutes=30),
        "Chờ lâu nhất giữa hai lần thử",
        "Longest wait between two tries",
        gt=timedelta(0),
    )
    offer_again_after: Duration = setting(
        timedelta(seconds=60),
        "Chờ biên nhận của nút kề bao lâu thì mời nhận lại",
        "How long to wait for a neighbour's receipt before the letter is offered again",
        gt=timedelta(0),
    )
    successor: Literal["follow", "refuse"] = setting(
        "follow",
        "Mã đơn vị đã đóng: follow chuyển tới cơ quan kế thừa, refuse từ chối",
        "A closed code: follow serves its successor, refuse refuses it",
    )
    take_back: TakeBackPolicy = setting(
        "stop",
        "Văn bản chưa tới nơi nhận mà bên gửi yêu cầu lấy lại: stop dừng ngay trên đường,"
        " deliver-both chuyển cả hai",
        "A letter taken back before it is handed over: stop ends it on its way, deliver-both hands over both",
    )

    def retry(self, delivery: Delivery) -> timedelta:
        """How long a delivery that failed waits for its next try."""
        return retry_after(delivery, self.retry_first, self.retry_longest)


class CalendarSection(Section):
    """Lịch làm việc · Working days"""

    extra_holidays: Days = setting(
        (), "Ngày nghỉ thêm ngoài lịch nghỉ lễ của Việt Nam", "Days off beyond the holidays of Vietnam"
    )
    make_up_days: Days = setting(
        (), "Ngày nghỉ được làm bù, tính là ngày làm việc", "Days off that are worked, to make up for others"
    )
    morning: Hours = setting(
        OfficeHours().morning,
        "Giờ làm việc buổi sáng; văn bản ký hôm trước phải gửi chậm nhất khi hết giờ này",
        "Office hours of the morning; what was signed the day before is to be sent before they end",
    )
    afternoon: Hours = setting(
        OfficeHours().afternoon,
        "Giờ làm việc buổi chiều; văn bản khẩn đến sau giờ này tính sang ngày làm việc tiếp theo",
        "Office hours of the afternoon; what is urgent and comes after them counts for the next working day",
    )

    def hours(self) -> OfficeHours:
        """When offices are open. Raises: Misconfigured if the afternoon begins in the morning."""
        return OfficeHours(self.morning, self.afternoon)


class LogSection(Section):
    """Nhật ký vận hành · The log"""

    level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "Mức thấp nhất được ghi", "Lowest level that is written"
    )
    format: Literal["json", "text"] = setting(
        "json", "json cho máy đọc, text cho người đọc", "json for programs, text for people"
    )


class SealSection(Section):
    """Niêm phong điện tử của nút · The seal of the node"""

    key_file: FilePath | None = setting(None, "Tệp khóa của nút", "Key file of the node")
    key_password: SecretReference | None = setting(
        None, "Nơi để mật khẩu của tệp khóa", "Where the password of the key file lies"
    )
    trust_dir: FilePath | None = setting(
        None, "Thư mục chứng thư gốc được tin cậy", "Folder of trusted root certificates"
    )
    crl_dir: FilePath | None = setting(None, "Thư mục danh sách thu hồi", "Folder of revocation lists")


class Config(Section):
    """All settings of one node."""

    node: NodeSection
    store: StoreSection = StoreSection()
    broker: BrokerSection = BrokerSection()
    http: HttpSection = HttpSection()
    console: ConsoleSection = ConsoleSection()
    oidc: OidcSection = OidcSection()
    limits: LimitsSection = LimitsSection()
    delivery: DeliverySection = DeliverySection()
    calendar: CalendarSection = CalendarSection()
    reports: ReportsSection = ReportsSection()
    log: LogSection = LogSection()
    alerts: AlertsSection = AlertsSection()
    syslog: SyslogSection = SyslogSection()
    seal: SealSection = SealSection()
    vxp: VxpSection = VxpSection()
    webhook: WebhookSection = WebhookSection()
    mail: MailSection = MailSection()
    folder: FolderSection = FolderSection()
    uplink: UplinkSection = UplinkSection()
    adapters: Mapping[str, Mapping[str, Any]] = setting(
        {},
        "Cấu hình của các cách giao nhận cài thêm: [adapters.TÊN]",
        "Settings of adapters of other packages: [adapters.NAME]",
    )

    def section(self, name: str) -> Any:
        """The settings of an adapter: its section of this tree, or its table of `adapters`."""
        known = name in type(self).model_fields and name != "adapters"
        return getattr(self, name) if known else self.adapters.get(name, {})

    @property
    def secrets_key(self) -> Path:
        """The file with the key of the vault."""
        return self.node.secrets_key or self.node.data_dir / "secrets.key"

    def store_url(self, environ: Mapping[str, str]) -> str:
        """The database as SQLAlchemy names it, with its password.

        Raises: Misconfigured if the password cannot be read.
        """
        if not self.store.url:
            return f"sqlite:///{self.node.data_dir / 'truc.db'}"
        return _with_password(self.store.url, self.store.password, environ)

    def link_url(self, neighbour: str, environ: Mapping[str, str]) -> str:
        """The broker of a link, with the password.

        Raises: Misconfigured if there is no such link or its password cannot be read.
        """
        if neighbour not in self.broker.links:
            raise Misconfigured(
                find(CONFIG_BAD_VALUE, key=f"broker.links.{neighbour}", detail="chưa đặt · it is not set")
            )
        link = self.broker.links[neighbour]
        return _with_password(link.url, link.password, environ)


def _with_password(url: str, password: Secret | None, environ: Mapping[str, str]) -> str:
    if password is None:
        return url
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password.read(environ), safe='')}@{host}"))
