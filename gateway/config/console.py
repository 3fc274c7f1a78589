"""
The sections of the console: where people reach it, how long a login lasts, and who else vouches for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal, Self

from pydantic import model_validator

from gateway.config.listeners import ListenerSection, port_setting
from gateway.config.section import Section, setting
from gateway.config.values import Duration, FilePath, SecretReference


class ConsoleSection(ListenerSection):
    """Bảng điều khiển của nút · The console of the node"""

    enabled: bool = setting(
        False, "Mở bảng điều khiển cho người quản trị và đơn vị", "Open the console for people"
    )
    port: int = port_setting(8720)
    url: str = setting(
        "",
        "Địa chỉ mà trình duyệt mở, ví dụ https://truc.tinh.gov.vn; cần đặt khi đứng sau proxy",
        "Address at which browsers open it, such as https://truc.tinh.gov.vn; needed behind a proxy",
        pattern=r"^(https?://[^/]+)?$",
    )
    session_idle: Duration = setting(
        timedelta(minutes=30),
        "Không thao tác bao lâu thì phải đăng nhập lại",
        "After how long without a click one has to log in again",
        ge=timedelta(minutes=1),
    )
    session_longest: Duration = setting(
        timedelta(hours=12),
        "Một lần đăng nhập kéo dài nhiều nhất bao lâu",
        "How long one login lasts at most",
        ge=timedelta(minutes=5),
    )
    lock_after: int = setting(
        5,
        "Đăng nhập sai mấy lần liền thì tài khoản phải chờ",
        "After how many wrong tries in a row an account has to wait",
        ge=2,
        le=100,
    )
    lock_for: Duration = setting(
        timedelta(minutes=15), "Phải chờ bao lâu", "How long it has to wait", ge=timedelta(minutes=1)
    )


class OidcSection(Section):
    """Đăng nhập dùng chung (OpenID Connect) · Shared login (OpenID Connect)"""

    issuer: str = setting(
        "",
        "Địa chỉ của hệ thống đăng nhập dùng chung; trống: không dùng",
        "Issuer of the OpenID provider; empty: not used",
        pattern=r"^(https?://.+)?$",
    )
    client_id: str = setting("", "Mã ứng dụng đã đăng ký", "Client id registered there")
    client_secret: SecretReference | None = setting(
        None, "Nơi để khóa bí mật của ứng dụng", "Where the secret of the client lies"
    )
    ca_file: FilePath | None = setting(
        None,
        "Chứng thư gốc của hệ thống đó (PEM), nếu không thuộc kho của máy",
        "Root certificate of the provider (PEM), if the machine does not know it",
    )
    label: str = setting("", "Tên của nó trên nút đăng nhập", "What the login button calls it")
    name_claim: str = setting(
        "preferred_username", "Thuộc tính chứa tên đăng nhập", "Claim that holds the account's name"
    )
    role_claim: str = setting(
        "groups", "Thuộc tính chứa nhóm hoặc vai trò", "Claim that holds groups or roles"
    )
    agency_claim: str = setting(
        "organ_code",
        "Thuộc tính chứa mã định danh đơn vị, cho người dùng của đơn vị",
        "Claim with the agency code, for users of agencies",
    )
    roles: Mapping[str, Literal["viewer", "operator", "administrator", "auditor", "agency"]] = setting(
        {},
        'Giá trị của thuộc tính đó và vai trò tương ứng: [oidc.roles] truc-admin = "administrator"',
        'What a value of that claim makes of a person: [oidc.roles] truc-admin = "administrator"',
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.issuer and not self.client_id:
            raise ValueError("issuer cần client_id · issuer needs client_id")
        return self
