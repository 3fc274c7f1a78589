"""
Login by OpenID Connect: the provider says who somebody is, in a token that it has signed.

Authorization code with PKCE. Nothing is believed but what the provider's own keys have signed for this client
and this very login. Keys and addresses are asked for once an hour.

Spec: OIDC/3.1, RFC7636
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
import jwt
from jwt.types import Options

from gateway.config import OidcSection
from gateway.core.catalogue import OPENID_REFUSED, OPENID_UNREACHABLE
from gateway.core.errors import Rejected, Unavailable, find
from gateway.core.model import AgencyCode
from gateway.ports import Account, Clock, Role

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures with a key pair only: whoever can check one can't make one."""

MOST_BYTES = 1024 * 1024  # of any answer of the provider; real ones have some kilobytes
SECONDS = 15.0
FRESH = timedelta(hours=1)
CLOCKS_DIFFER = timedelta(seconds=60)
SCOPES = "openid profile email"
STRONG = frozenset({"mfa", "otp", "hwk", "sc", "fpt", "face", "swk"})
"""Values of `amr` (RFC 8176) that mean more than a password."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One login on its way: what must come back, and what only this browser knows."""

    state: str
    nonce: str
    verifier: str
    to: str

    @classmethod
    def new(cls, to: str) -> Attempt:
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, to)

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")

    def written(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Attempt:
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for, as an account here would be."""

    account: Account
    is_strong: bool


class Provider:
    """The OpenID provider of one console."""

    def __init__(self, settings: OidcSection, environ: Mapping[str, str], clock: Clock) -> None:
        self._settings, self._environ, self._clock = settings, environ, clock
        self._kept: dict[str, tuple[datetime, Mapping[str, Any]]] = {}

    async def login_address(self, attempt: Attempt, come_back: str) -> str:
        """Where the browser goes to log in. Raises: Unavailable, Rejected (OPENID_REFUSED)."""
        known = await self._configuration()
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": come_back,
            "scope": SCOPES,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        return f"{_checked(known, 'authorization_endpoint')}?{urlencode(asked)}"

    async def identify(self, code: str, attempt: Attempt, come_back: str) -> Identity:
        """Who came back with this code. Raises: Unavailable, Rejected (OPENID_REFUSED)."""
        known = await self._configuration()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": come_back,
            "client_id": self._settings.client_id,
            "code_verifier": attempt.verifier,
        }
        if self._settings.client_secret is not None:
            form["client_secret"] = self._settings.client_secret.read(self._environ)
        answer = await self._ask(_checked(known, "token_endpoint"), form)
        claims = await self._claims(str(answer.get("id_token", "")), attempt)
        return self._identity(claims)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        settings = self._settings
        told = claims.get(settings.role_claim, ())
        groups = [told] if isinstance(told, str) else [str(each) for each in told or ()]
        role = next((Role(settings.roles[group]) for group in groups if group in settings.roles), None)
        if role is None:
            raise _refused(f"{settings.role_claim}: {', '.join(groups)[:100]}")
        agency = str(claims.get(settings.agency_claim, "")) if role is Role.AGENCY else ""
        account = Account(
            name=str(claims.get(settings.name_claim) or claims["sub"]),
            role=role,
            full_name=str(claims.get("name", ""))[:200],
            agency=AgencyCode(agency) if agency else None,
            subject=f"{settings.issuer} {claims['sub']}",
        )
        amr = claims.get("amr")
        return Identity(account, is_strong=isinstance(amr, list) and bool(STRONG & set(map(str, amr))))

    # --- tokens ----------------------------------------------------------------------------------

    async def _claims(self, token: str, attempt: Attempt) -> Mapping[str, Any]:
        """What the token says, once it is sure who signed it, for whom and when."""
        try:
            kid = str(jwt.get_unverified_header(token).get("kid", ""))
            key = await self._key(kid)
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                list(ALGORITHMS),
                audience=self._settings.client_id,
                issuer=self._settings.issuer,
                options=_OURS,
            )
        except jwt.PyJWTError as error:
            raise _refused(type(error).__name__) from error
        now = self._clock.now().timestamp()
        leeway = CLOCKS_DIFFER.total_seconds()
        if not (_is_time(claims["exp"]) and now < claims["exp"] + leeway):
            raise _refused("exp")
        if not (_is_time(claims["iat"]) and claims["iat"] - leeway <= now):
            raise _refused("iat")
        if claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise _refused("azp")
        if claims.get("nonce") != attempt.nonce:
            raise _refused("nonce")
        return claims

    async def _key(self, kid: str) -> jwt.PyJWK:
        """The provider's key of this name; asked for again if it is a new one. Raises: jwt.PyJWTError."""
        address = _checked(await self._configuration(), "jwks_uri")
        for is_fresh in (False, True):
            found = await self._remembered(address, again=is_fresh)
            keys = jwt.PyJWKSet.from_dict(dict(found)).keys
            for key in keys:
                if key.key_id == kid or (not kid and len(keys) == 1):
                    return key
        raise jwt.InvalidKeyError("kid")

    # --- asking ----------------------------------------------------------------------------------

    async def _configuration(self) -> Mapping[str, Any]:
        issuer = self._settings.issuer
        found = await self._remembered(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise _refused("issuer")
        return found

    async def _remembered(self, address: str, *, again: bool = False) -> Mapping[str, Any]:
        now = self._clock.now()
        known = self._kept.get(address)
        if known is not None and not again and now - known[0] < FRESH:
            return known[1]
        answer = await self._ask(address)
        self._kept[address] = (now, answer)
        return answer

    async def _ask(self, address: str, form: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """A JSON object of the provider. Redirections are not followed: secrets would go with them."""
        _check_reachable(address)
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(SECONDS)) as session,
                session.request(
                    "GET" if form is None else "POST",
                    address,
                    data=form,
                    ssl=self._tls(),
                    allow_redirects=False,
                    headers={"Accept": "application/json"},
                ) as response,
            ):
                body = await _read(response)
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(find(OPENID_UNREACHABLE, detail=type(error).__name__)) from error
        if status >= 500:
            raise Unavailable(find(OPENID_UNREACHABLE, detail=f"HTTP {status}"))
        if status != 200:
            raise _refused(f"HTTP {status}")
        try:
            answer = json.loads(body)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise _refused("JSON")
        return answer

    def _tls(self) -> ssl.SSLContext | bool:
        return (
            True
            if self._settings.ca_file is None
            else ssl.create_default_context(cafile=self._settings.ca_file)
        )


# The node's clock decides, not the one that the library reads.
_OURS: Options = {
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "require": ["sub", "exp", "iat", "aud", "iss"],
}


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The whole of an answer. Raises: Rejected (OPENID_REFUSED) for one that is longer than any should be."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MOST_BYTES:
            raise _refused(f"> {MOST_BYTES} bytes")
    return bytes(body)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _checked(known: Mapping[str, Any], name: str) -> str:
    address = str(known.get(name, ""))
    _check_reachable(address)
    return address


def _check_reachable(address: str) -> None:
    """HTTPS, or this very machine. Raises: Rejected (OPENID_REFUSED)."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        raise _refused(f"{address[:100]}: https")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(detail: str) -> Rejected:
    return Rejected(find(OPENID_REFUSED, detail=detail))
