"""Who is calling, and what they may do."""

from zebros_core.auth.internal import InternalTokens
from zebros_core.auth.jwks import JwksClient, JwksError, jwks_fetch
from zebros_core.auth.permissions import PermissionTable, Visibility, can_see, visibility_key
from zebros_core.auth.principal import caller
from zebros_core.auth.verifier import Claims, TokenVerifier, bearer_token

__all__ = [
    "Claims",
    "InternalTokens",
    "JwksClient",
    "JwksError",
    "PermissionTable",
    "TokenVerifier",
    "Visibility",
    "bearer_token",
    "caller",
    "can_see",
    "jwks_fetch",
    "visibility_key",
]
