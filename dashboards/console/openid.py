"""How do people come in with the sign-in of their organisation? OpenID Connect: code flow with PKCE, state and nonce.

Speaks to the provider (authlib, joserfc); who somebody is there, our users file says what they may here.
Must never take an identity from anything but a verified ID token, nor follow a redirect that was not begun here.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote

import httpx
from authlib.common.urls import add_params_to_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS: Final = ["RS256", "ES256", "EdDSA"]
SCOPE: Final = "openid email profile"
CLOCK_LEEWAY_S: Final = 60
TIMEOUT_S: Final = 10.0
REFRESH_S: Final = 300.0
TRANSACTION_S: Final = 600


@dataclass(frozen=True)
class OpenIdConfig:
    """A client registered at a provider. `redirect_uri` is our /sign-in/openid/callback as the browser reaches it."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str


class OpenIdError(Exception):
    """Nobody was signed in; the message says why, without a value of the provider's."""


@dataclass
class OpenId:
    """The provider, its addresses and keys read again every few minutes."""

    config: OpenIdConfig
    transport: httpx.AsyncBaseTransport | None = None
    _metadata: dict[str, Any] = field(default_factory=dict, repr=False)
    _keys: KeySet | None = field(default=None, repr=False)
    _read_at: float = 0.0
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def begin(self, following: str) -> tuple[str, dict[str, Any]]:
        """Where to send the browser, and what must be kept (signed, in a cookie) until it comes back."""
        metadata, _ = await self._provider()
        kept = {
            "state": secrets.token_urlsafe(24),
            "nonce": secrets.token_urlsafe(24),
            "verifier": secrets.token_urlsafe(48),
            "next": following,
            "begun": time.time(),
        }
        asked = {
            "response_type": "code",
            "client_id": self.config.client_id,
            "redirect_uri": self.config.redirect_uri,
            "scope": SCOPE,
            "state": kept["state"],
            "nonce": kept["nonce"],
            "code_challenge": create_s256_code_challenge(kept["verifier"]),
            "code_challenge_method": "S256",
        }
        url: str = add_params_to_uri(metadata["authorization_endpoint"], list(asked.items()))
        return url, kept

    async def finish(self, parameters: Mapping[str, str], kept: Mapping[str, Any]) -> str:
        """The name of who came back, as the users file knows it. Raises OpenIdError."""
        if time.time() - float(kept["begun"]) > TRANSACTION_S:
            raise OpenIdError("the sign-in took too long")
        if not secrets.compare_digest(parameters.get("state", ""), kept["state"]):
            raise OpenIdError("the answer belongs to another sign-in")
        if parameters.get("error") or not parameters.get("code"):
            raise OpenIdError("the provider signed nobody in")
        metadata, _ = await self._provider()
        sent = {
            "grant_type": "authorization_code",
            "code": parameters["code"],
            "redirect_uri": self.config.redirect_uri,
            "code_verifier": kept["verifier"],
        }
        try:
            async with self._client() as client:
                secret = (quote(self.config.client_id, safe=""), quote(self.config.client_secret, safe=""))
                answer = await client.post(metadata["token_endpoint"], data=sent, auth=secret)
                token = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise OpenIdError(f"the provider did not exchange the code ({type(error).__name__})") from None
        return _name_in(await self._verified(str(token.get("id_token", "")), kept["nonce"]))

    async def _verified(self, id_token: str, nonce: str) -> dict[str, Any]:
        registry = jwt.JWTClaimsRegistry(
            leeway=CLOCK_LEEWAY_S,
            iss={"essential": True, "value": self.config.issuer},
            aud={"essential": True, "value": self.config.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        for fresh in (False, True):
            _, keys = await self._provider(fresh=fresh)
            try:
                token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
                registry.validate(token.claims)
            except (JoseError, ValueError) as error:
                if not fresh:
                    continue  # the provider may have changed its keys
                raise OpenIdError(f"the ID token does not hold ({type(error).__name__})") from None
            claims: dict[str, Any] = token.claims
            if claims.get("azp", self.config.client_id) != self.config.client_id:
                raise OpenIdError("the ID token is for somebody else")
            return claims
        raise OpenIdError("the ID token does not hold")

    async def _provider(self, *, fresh: bool = False) -> tuple[dict[str, Any], KeySet]:
        async with self._reading:
            if self._keys is None or fresh or time.monotonic() - self._read_at > REFRESH_S:
                await self._read()
            assert self._keys is not None
            return self._metadata, self._keys

    async def _read(self) -> None:
        issuer = self.config.issuer.rstrip("/")
        try:
            async with self._client() as client:
                answer = await client.get(f"{issuer}/.well-known/openid-configuration")
                metadata = answer.raise_for_status().json()
                keys = (await client.get(metadata["jwks_uri"])).raise_for_status().json()
                self._keys = KeySet.import_key_set(keys)
        except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError) as error:
            raise OpenIdError(f"the provider does not answer as it should ({type(error).__name__})") from None
        if metadata.get("issuer") != self.config.issuer:
            raise OpenIdError("the provider calls itself by another name")
        self._metadata, self._read_at = metadata, time.monotonic()

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False, transport=self.transport)


def _name_in(claims: Mapping[str, Any]) -> str:
    """The name under which the users file knows somebody: a verified e-mail address, else the user name there."""
    email = claims.get("email")
    if isinstance(email, str) and email and claims.get("email_verified") is True:
        return email.strip().lower()
    name = claims.get("preferred_username")
    if isinstance(name, str) and name and "@" not in name:
        return name.strip().lower()
    raise OpenIdError("the provider gave neither a verified address nor a user name")
