"""
The style sheet and the script, under names that hold their digest: browsers keep them for a year, and a new
release has new names. Compressed once, at the start.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from gateway.http.console.declared import ROOT

STATIC = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOR_A_YEAR = "public, max-age=31536000, immutable"
DIGEST = 12  # signs of the digest in a name


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    packed: bytes
    media_type: str


class StaticFiles:
    """The files of the console."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files: dict[str, _File] = {}
        self._names: dict[str, str] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in TYPES:
                content = path.read_bytes()
                digest = hashlib.sha256(content).hexdigest()[:DIGEST]
                name = f"{path.stem}.{digest}{path.suffix}"
                self._names[path.name] = f"{ROOT}/static/{name}"
                self._files[name] = _File(content, gzip.compress(content, mtime=0), TYPES[path.suffix])

    def address(self, name: str) -> str:
        """Where a file is, by its plain name. Raises: KeyError for one that is not there."""
        return self._names[name]

    async def serve(self, request: web.Request) -> web.Response:
        """Give a file. Raises: HTTPNotFound."""
        file = self._files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound
        takes_packed = "gzip" in request.headers.get("Accept-Encoding", "")
        headers = {"Cache-Control": FOR_A_YEAR, "Vary": "Accept-Encoding"}
        if takes_packed:
            headers["Content-Encoding"] = "gzip"
        body = file.packed if takes_packed else file.content
        return web.Response(body=body, content_type=file.media_type, charset="utf-8", headers=headers)
