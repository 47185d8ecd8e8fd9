"""What a device is told beside the usual errors."""

from zebros_core.errors import ForbiddenError, ValidationError

__all__ = ["MutationIdReusedError", "PersonDeactivatedError"]


class PersonDeactivatedError(ForbiddenError):
    """The user was deactivated: the device is to wipe what it has."""

    code = "user-deactivated"
    default_detail = "This account was deactivated. What the device keeps of it has to be removed."


class MutationIdReusedError(ValidationError):
    """A mutation has the id of another one that came before."""

    code = "mutation-id-reused"
    default_detail = "Another change came under this mutation id before; give each change an id of its own."
