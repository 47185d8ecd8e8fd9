"""Who is calling, and what they may do.

``zebros_core.auth.internal`` is imported by name: only functions that call each other need it, and PyJWT with
it.
"""

from zebros_core.auth.jwks import JwksClient, JwksError, SharedJwks, jwks_fetch
from zebros_core.auth.permissions import PermissionTable, Visibility, can_see, visibility_key
from zebros_core.auth.principal import PLATFORM_ADMIN, caller, platform_caller
from zebros_core.auth.verifier import Claims, TokenVerifier, bearer_token

__all__ = [
    "PLATFORM_ADMIN",
    "Claims",
    "JwksClient",
    "JwksError",
    "PermissionTable",
    "SharedJwks",
    "TokenVerifier",
    "Visibility",
    "bearer_token",
    "caller",
    "can_see",
    "jwks_fetch",
    "platform_caller",
    "visibility_key",
]
