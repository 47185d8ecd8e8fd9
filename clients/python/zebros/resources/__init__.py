"""The collections of the API, as attributes of `Client`."""

from zebros.resources.activities import Activities, Emails, EmailTemplates
from zebros.resources.contacts import Contacts
from zebros.resources.customers import Customers
from zebros.resources.documents import Documents
from zebros.resources.fields import Fields
from zebros.resources.integrations import AuditLog, Integrations
from zebros.resources.jobs import Backups, Exports, Imports, Jobs, Privacy, Reports
from zebros.resources.me import Myself
from zebros.resources.pipeline import Pipeline
from zebros.resources.sales import Leads, Opportunities, Products
from zebros.resources.sync import Sync
from zebros.resources.tenants import Tenants
from zebros.resources.users import Teams, Users

__all__ = [
    "Activities",
    "AuditLog",
    "Backups",
    "Contacts",
    "Customers",
    "Documents",
    "EmailTemplates",
    "Emails",
    "Exports",
    "Fields",
    "Imports",
    "Integrations",
    "Jobs",
    "Leads",
    "Myself",
    "Opportunities",
    "Pipeline",
    "Privacy",
    "Products",
    "Reports",
    "Sync",
    "Teams",
    "Tenants",
    "Users",
]
