"""An OpenID Connect provider, as real as a test needs. It signs in whoever it is told to."""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from fastapi import FastAPI, Request
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse, RedirectResponse, Response

ISSUER = "https://id.example.org"


@dataclass
class Provider:
    """One registered client; `claims` is who signs in next, `spoil` what is wrong with the next ID token."""

    client_id: str = "conjoint"
    client_secret: str = "a-secret-of-the-tests-only"
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "7", "preferred_username": "clinician"})
    spoil: dict[str, Any] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signing_key: RSAKey | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> FastAPI:
        """The provider's addresses."""
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        def discovery() -> dict[str, Any]:
            return {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/keys",
            }

        @app.get("/keys")
        def keys() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.get("/authorize")
        def authorize(request: Request) -> Response:
            asked = dict(request.query_params)
            assert asked["client_id"] == self.client_id
            assert asked["code_challenge_method"] == "S256"
            code = secrets.token_urlsafe(8)
            self.codes[code] = asked
            answer = urlencode({"code": code, "state": asked["state"]})
            return RedirectResponse(f"{asked['redirect_uri']}?{answer}", 303)

        @app.post("/token")
        async def token(request: Request) -> Response:
            sent = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
            expected = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
            asked = self.codes.pop(sent.get("code", ""), None)
            if asked is None or request.headers.get("authorization") != f"Basic {expected}":
                return JSONResponse({"error": "invalid_grant"}, 400)
            digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
            if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
                return JSONResponse({"error": "invalid_grant"}, 400)
            now = int(time.time())
            claims = {
                "iss": ISSUER,
                "aud": self.client_id,
                "iat": now,
                "exp": now + 300,
                "nonce": asked["nonce"],
                **self.claims,
                **self.spoil,
            }
            signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signing_key or self.key)
            return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": signed})

        return app
