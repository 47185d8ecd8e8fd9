"""What can go wrong with the local stack.

::

    LocalStackError
    ├── PartFailedError      a part did not start, or stopped by itself
    ├── NotRunningError      the command needs a running stack
    ├── DeployFailedError    osls or CloudFormation refused
    ├── KeycloakUnavailableError   the real Keycloak cannot be had on this machine
    └── SignInError          the identity provider refused
"""

from __future__ import annotations


class LocalStackError(Exception):
    """A failure that the command line prints as one message, without a traceback."""


class PartFailedError(LocalStackError):
    """A part of the stack stopped or never became healthy; carries the end of its log."""

    def __init__(self, part: str, reason: str, log_tail: str) -> None:
        self.part = part
        self.reason = reason
        self.log_tail = log_tail
        shown = log_tail.rstrip() or "(its log is empty)"
        super().__init__(f"{part} {reason}. The end of its log:\n\n{shown}")


class NotRunningError(LocalStackError):
    """The stack is not up."""


class DeployFailedError(LocalStackError):
    """A service could not be deployed to the stack."""


class KeycloakUnavailableError(LocalStackError):
    """The real Keycloak cannot be fetched, verified or run here; says why."""


class SignInError(LocalStackError):
    """The local identity provider refused a sign-in or a token."""
