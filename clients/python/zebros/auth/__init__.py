"""Where access tokens come from: token providers, OpenID Connect discovery, the device flow."""

from zebros.auth.providers import ClientCredentials, RefreshToken, StaticToken, TokenProvider
from zebros.auth.tokens import Tokens

__all__ = ["ClientCredentials", "RefreshToken", "StaticToken", "TokenProvider", "Tokens"]
