"""
The sections of listening sockets: address, certificates, trusted proxies.

A socket is closed to the world by default: plain HTTP for this machine alone, no proxy trusted.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import model_validator

from gateway.config.section import Section, setting
from gateway.config.values import FilePath, Networks, Secret, SecretReference


def port_setting(default: int) -> Any:
    """The port of a listening socket; each section has a default of its own."""
    return setting(
        default,
        "Cổng lắng nghe; 0 là chọn một cổng trống",
        "Port to listen on; 0 picks a free one",
        ge=0,
        le=65535,
    )


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where a listening socket finds its certificate, and the authorities of its clients' if it asks."""

    cert: Path
    key: Path
    key_password: Secret | None = None
    client_ca: Path | None = None
    clients_need_one: bool = False

    def paths(self) -> tuple[Path, ...]:
        """Every file that is read."""
        return (self.cert, self.key) if self.client_ca is None else (self.cert, self.key, self.client_ca)


class ListenerSection(Section):
    """Cổng lắng nghe · A listening socket"""

    host: str = setting(
        "127.0.0.1",
        "Địa chỉ lắng nghe, có thể nhiều (0.0.0.0, ::); mặc định chỉ nhận từ chính máy này",
        "Address to listen on, or several (0.0.0.0, ::); by default only this machine reaches it",
    )
    port: int = port_setting(0)
    tls_cert: FilePath | None = setting(
        None,
        "Tệp chứng thư máy chủ và chuỗi của nó (PEM); có thì chỉ nhận HTTPS; tệp thay đổi được đọc lại",
        "Server certificate with its chain (PEM); with it only HTTPS is taken; read again when it changes",
    )
    tls_key: FilePath | None = setting(
        None, "Tệp khóa của chứng thư máy chủ (PEM, chmod 600)", "Its private key (PEM, chmod 600)"
    )
    tls_key_password: SecretReference | None = setting(
        None, "Nơi để mật khẩu của tệp khóa đó", "Where the password of that key file lies"
    )
    client_ca: FilePath | None = setting(
        None,
        "Chứng thư của các tổ chức cấp chứng thư cho máy khách (PEM)",
        "Certificates of the authorities that issue client certificates (PEM)",
    )
    client_certificates: Literal["off", "optional", "required"] = setting(
        "off",
        "Chứng thư máy khách: off không hỏi, optional có thì kiểm tra, required không có thì từ chối",
        "Client certificates: off never asks, optional checks one that is shown, required needs one",
    )
    trusted_proxies: Networks = setting(
        (),
        "Các mạng của máy chủ proxy được tin: chỉ từ đó X-Forwarded-For và Forwarded mới được tính",
        "Networks of trusted proxies: only from them do X-Forwarded-For and Forwarded count",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert và tls_key phải đi cùng nhau · tls_cert and tls_key go together")
        if self.tls_key is None and self.tls_key_password is not None:
            raise ValueError("tls_key_password cần tls_key · tls_key_password needs tls_key")
        if (self.client_certificates == "off") != (self.client_ca is None):
            raise ValueError(
                "client_ca đi cùng client_certificates optional hoặc required"
                " · client_ca goes with client_certificates optional or required"
            )
        if self.client_ca is not None and self.tls_cert is None:
            raise ValueError("chứng thư máy khách cần tls_cert · client certificates need tls_cert")
        return self

    def tls_files(self) -> TlsFiles | None:
        """What HTTPS needs; None for plain HTTP."""
        if self.tls_cert is None or self.tls_key is None:
            return None
        return TlsFiles(
            self.tls_cert,
            self.tls_key,
            self.tls_key_password,
            self.client_ca,
            self.client_certificates == "required",
        )


class HttpSection(ListenerSection):
    """Giao diện HTTP · The HTTP interface"""

    port: int = port_setting(8710)
    requests_per_minute: int = setting(
        600,
        "Số yêu cầu mỗi phút của một khóa truy cập; 0 là không giới hạn",
        "Requests a minute of one access key; 0 is no limit",
        ge=0,
    )
