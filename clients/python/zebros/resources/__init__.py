"""The collections of the API, as attributes of `Client`."""

from zebros.resources.contacts import Contacts
from zebros.resources.customers import Customers
from zebros.resources.documents import Documents
from zebros.resources.fields import Fields

__all__ = ["Contacts", "Customers", "Documents", "Fields"]
