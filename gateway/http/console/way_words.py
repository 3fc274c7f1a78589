"""
The ways in which agencies are reached, and the forms of edXML that are written for them, in words.

A way of another package, which has no words here, is shown by its name.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.core.model import Dialect
from gateway.http.console.words import said

WAYS: Mapping[str, str] = {
    "mailbox": said("Đơn vị tự lấy về"),
    "webhook": said("Gọi phần mềm của đơn vị (webhook)"),
    "mail": said("Gửi thư điện tử"),
    "folder": said("Đặt vào thư mục"),
    "lgsp": said("Qua LGSP"),
    "uplink": said("Qua trục bên trên"),
    "vxp": said("Qua cửa VXP"),
}
DIALECTS: Mapping[Dialect, str] = {
    Dialect.AS_SENT: said("Như bên gửi đã gửi"),
    Dialect.JAVA_SDK: said("Như bộ SDK Java"),
    Dialect.DOTNET: said("Như bộ SDK .NET"),
    Dialect.NATIONAL_AXIS: said("Như Trục quốc gia"),
}
