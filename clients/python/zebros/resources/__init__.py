"""The collections of the API, as attributes of `Client`."""

from zebros.resources.contacts import Contacts
from zebros.resources.customers import Customers
from zebros.resources.documents import Documents
from zebros.resources.fields import Fields
from zebros.resources.integrations import AuditLog, Integrations
from zebros.resources.me import Myself
from zebros.resources.tenants import Tenants
from zebros.resources.users import Teams, Users

__all__ = [
    "AuditLog",
    "Contacts",
    "Customers",
    "Documents",
    "Fields",
    "Integrations",
    "Myself",
    "Teams",
    "Tenants",
    "Users",
]
