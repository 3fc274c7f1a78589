"""
The sections of the agencies' doors: one for each adapter that needs settings of the node.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from gateway.config.listeners import ListenerSection, port_setting
from gateway.config.section import Section, setting
from gateway.config.values import Duration, FilePath, SecretReference
from gateway.core.callbacks import Reach


class VxpSection(ListenerSection):
    """Cửa theo giao thức của Trục quốc gia · The door that speaks the national axis' protocol"""

    enabled: bool = setting(
        False,
        "Mở cửa này cho phần mềm dùng SDK của Trục quốc gia",
        "Open this door for systems that use the SDK of the national axis",
    )
    port: int = port_setting(8280)


class WebhookSection(Section):
    """Báo có văn bản qua HTTP · Notices by webhook"""

    allow_http: bool = setting(
        False,
        "Cho phép địa chỉ http:// ngoài chính máy này",
        "Allow http:// addresses beyond this machine",
    )
    allow_private: bool = setting(
        True,
        "Cho phép địa chỉ trong mạng riêng: hệ thống của đơn vị thường nằm ở đó",
        "Allow addresses of private networks, where agencies' systems mostly are",
    )
    allow_loopback: bool = setting(
        False,
        "Cho phép gọi tới chính máy này; chỉ để thử",
        "Allow calls to this very machine; for trying things out only",
    )
    timeout: Duration = setting(
        timedelta(seconds=15), "Chờ bên nhận trả lời", "How long to wait for the answer", gt=timedelta(0)
    )

    def reach(self) -> Reach:
        """How far webhooks may go."""
        return Reach(self.allow_http, self.allow_private, self.allow_loopback)


class MailSection(Section):
    """Báo có văn bản qua thư điện tử · Notices by mail"""

    host: str = setting("", "Máy chủ SMTP; trống: không gửi", "SMTP server; empty: none is sent")
    port: int = setting(587, "Cổng SMTP", "Port of the SMTP server", ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = setting(
        "starttls", "Cách bảo mật đường truyền", "How the line is secured"
    )
    user: str = setting("", "Tài khoản; trống: không đăng nhập", "Account; empty: no login")
    password: SecretReference | None = setting(
        None, "Nơi để mật khẩu của tài khoản", "Where the password of the account lies"
    )
    sender: str = setting(
        "", "Địa chỉ gửi đi, ví dụ truc@tinh.gov.vn", "Address that mail comes from, such as truc@tinh.gov.vn"
    )
    timeout: Duration = setting(
        timedelta(seconds=30), "Chờ máy chủ trả lời", "How long to wait for the server", gt=timedelta(0)
    )


class FolderSection(Section):
    """Giao nhận qua thư mục · Exchange through folders"""

    root: FilePath | None = setting(
        None,
        "Thư mục gốc chứa thư mục của các đơn vị; trống: không dùng",
        "Folder below which agencies' folders lie; empty: not used",
    )
    poll_every: Duration = setting(
        timedelta(seconds=5),
        "Bao lâu xem thư mục một lần",
        "How often folders are looked at",
        ge=timedelta(seconds=1),
    )


class UplinkSection(Section):
    """Nối lên một trục VXP khác, ví dụ Trục quốc gia · A VXP axis above, such as the national one"""

    endpoint: str = setting(
        "",
        "Địa chỉ của trục đó; trống: không nối",
        "Address of that axis; empty: no uplink",
        pattern=r"^(https?://.+)?$",
    )
    system_id: str = setting("", "Mã hệ thống đã đăng ký với trục đó", "System id registered with that axis")
    secret: SecretReference | None = setting(
        None, "Nơi để khóa bí mật của hệ thống", "Where the secret of the system lies"
    )
    poll_every: Duration = setting(
        timedelta(seconds=30), "Bao lâu hỏi một lần", "How often it is asked", ge=timedelta(seconds=1)
    )
    agencies_every: Duration = setting(
        timedelta(days=1),
        "Bao lâu lấy danh mục đơn vị của trục đó một lần",
        "How often its list of agencies is read",
        ge=timedelta(minutes=1),
    )
