"""
A small OpenID provider on this machine: discovery, login page that asks nothing, codes, tokens really signed.

It keeps to the rules that a client relies on (a code is good once, PKCE is checked), and can be told to break
them: `claims` are put over those of a token, `sign_with` is the key that it is signed with.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.kit.clock import ManualClock

CLIENT, CLIENT_SECRET = "truc-h14", "a secret of the provider"
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | bytes


def new_rsa() -> rsa.RSAPrivateKey:
    """A key as most providers have."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class SmallProvider:
    """Who logs in there is `person`: claims besides those of the protocol."""

    clock: ManualClock
    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)  #: over those of tokens; None takes one away
    key: rsa.RSAPrivateKey = field(default_factory=new_rsa)
    sign_with: Key | None = None
    algorithm: str = "RS256"
    kid: str = "k1"
    listed: str = "k1"  #: the name under which the key stands in the list
    answer: Callable[[str], web.Response | None] = lambda _path: None  #: what a path answers instead
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def app(self) -> web.Application:
        """The four addresses of a provider."""
        app = web.Application(middlewares=(self._instead,))
        app.router.add_get("/.well-known/openid-configuration", self._configuration)
        app.router.add_get("/login", self._log_in)
        app.router.add_post("/token", self._token)
        app.router.add_get("/keys", self._keys)
        return app

    @web.middleware
    async def _instead(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.asked.append(request.path)
        return self.answer(request.path) or await handler(request)

    async def _configuration(self, _request: web.Request) -> web.Response:
        places = {"authorization_endpoint": "login", "token_endpoint": "token", "jwks_uri": "keys"}
        return web.json_response(
            {"issuer": self.url, **{name: f"{self.url}/{place}" for name, place in places.items()}}
        )

    async def _log_in(self, request: web.Request) -> web.StreamResponse:
        asked = dict(request.query)
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return web.Response(
            status=302, headers={"Location": f"{asked['redirect_uri']}?code={code}&state={asked['state']}"}
        )

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        asked = self._codes.pop(str(form["code"]), None)  # a code is good once
        if asked is None or form["client_secret"] != CLIENT_SECRET:
            return web.json_response({"error": "invalid_grant"}, status=400)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = self.clock.now()
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": "7",
            "iat": int(now.timestamp()),
            "exp": int((now + timedelta(minutes=5)).timestamp()),
            "nonce": asked["nonce"],
            **self.person,
            **self.claims,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        key = self.key if self.sign_with is None else self.sign_with
        key_or_none = None if self.algorithm == "none" else key
        token = jwt.encode(told, key_or_none, self.algorithm, headers={"kid": self.kid})
        return web.json_response({"access_token": "x", "token_type": "Bearer", "id_token": token})

    async def _keys(self, _request: web.Request) -> web.Response:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return web.json_response({"keys": [{**public, "kid": self.listed, "use": "sig", "alg": "RS256"}]})


@asynccontextmanager
async def running_provider(clock: ManualClock) -> AsyncIterator[SmallProvider]:
    """A provider on a free port of this machine."""
    provider = SmallProvider(clock)
    runner = web.AppRunner(provider.app(), access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield provider
    finally:
        await runner.cleanup()
