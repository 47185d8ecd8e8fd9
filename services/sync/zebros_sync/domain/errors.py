"""What a device is told beside the usual errors."""

from zebros_core.errors import ForbiddenError, ValidationError

__all__ = ["PersonDeactivatedError", "TooManyMutationsError"]


class PersonDeactivatedError(ForbiddenError):
    """The user was deactivated: the device is to wipe what it has."""

    code = "user-deactivated"
    default_detail = "This account was deactivated. What the device keeps of it has to be removed."


class TooManyMutationsError(ValidationError):
    """A push has more mutations than are taken at once."""

    code = "too-many-mutations"
