"""/v1/contacts, and the contacts of a customer"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from zebros_core.errors import ConflictError, DuplicateError
from zebros_core.http import Example, NoQuery, PageBody, PageQuery, Request, Response, Routes
from zebros_core.http.duplicates import SKIP_DUPLICATE_CHECK, skips_duplicates
from zebros_core.http.merge_patch import MergePatch
from zebros_core.http.pages import page_response
from zebros_core.http.records import HistoryEntryBody, history_response
from zebros_core.values import normalised_email
from zebros_customers.bootstrap import Container
from zebros_customers.domain.contact import Contact, ContactDraft
from zebros_customers.handlers.bodies import ContactBody
from zebros_customers.use_cases.create_contact import create_contact
from zebros_customers.use_cases.delete_contact import delete_contact
from zebros_customers.use_cases.get_contact import get_contact
from zebros_customers.use_cases.list_contacts import list_contacts, list_contacts_of_customer
from zebros_customers.use_cases.restore_contact import restore_contact
from zebros_customers.use_cases.update_contact import update_contact

routes = Routes("contacts")

_EXAMPLE = Example(
    "contact",
    {
        "firstName": "Mira",
        "lastName": "Vantongeren",
        "email": "mira@tidewater.example",
        "position": "Head of Procurement",
    },
    "A contact of no customer yet",
)


class CreationOrder(StrEnum):
    """Orders of a list by creation."""

    NEWEST = "-createdAt"
    OLDEST = "createdAt"


class ContactsQuery(PageQuery):
    """Filters and order of a list of contacts."""

    email: Annotated[str | None, Field(min_length=3, max_length=254, description="The e-mail address.")] = (
        None
    )
    owner: Annotated[str | None, Field(min_length=1, max_length=64, description="The id of the owner.")] = (
        None
    )
    team: Annotated[str | None, Field(min_length=1, max_length=64, description="The id of the team.")] = None
    sort: Annotated[CreationOrder, Field(description="By creation: `createdAt`, or newest first.")] = (
        CreationOrder.NEWEST
    )


def answer(contact: Contact, *, location: bool = False) -> Response:
    """Return the response that shows a contact."""
    where = f"/v1/contacts/{contact.contact_id}" if location else None
    return Response(ContactBody.of(contact), etag=contact.version, location=where)


@routes.post(
    "/v1/contacts",
    operation="createContact",
    permission=("contact", "write"),
    body=ContactDraft,
    response=ContactBody,
    status=201,
    etag=True,
    errors=(DuplicateError,),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Create a contact",
    examples=(_EXAMPLE,),
)
def create(request: Request[Container, NoQuery, ContactDraft]) -> Response:
    """A contact of a customer takes that customer's owner and team. A live contact of the same e-mail, or of the same
    name at the same customer, is a 409 that names it; `X-Skip-Duplicate-Check: true` goes on all the same.
    """
    created = create_contact(
        request.services.workspace(request.context),
        request.body,
        repeat=request.idempotency,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(created.entity, location=True)


@routes.get(
    "/v1/contacts",
    operation="listContacts",
    personal=True,
    permission=("contact", "read"),
    query=ContactsQuery,
    response=PageBody[ContactBody],
    summary="List contacts",
)
def list_(request: Request[Container, ContactsQuery]) -> Response:
    """Live contacts that the caller may see. With several filters a page may be short before the last one."""
    query = request.query
    page = list_contacts(
        request.services.workspace(request.context),
        email=normalised_email(query.email) if query.email else None,
        owner=query.owner,
        team=query.team,
        descending=query.sort is CreationOrder.NEWEST,
        limit=query.limit,
        cursor=query.cursor,
    )
    return page_response(page, ContactBody, ContactBody.of)


@routes.get(
    "/v1/customers/{customerId}/contacts",
    operation="listContactsOfCustomer",
    personal=True,
    permission=("contact", "read"),
    query=PageQuery,
    response=PageBody[ContactBody],
    errors=(ConflictError,),
    summary="List the contacts of a customer",
)
def list_of_customer(request: Request[Container, PageQuery]) -> Response:
    """By last and first name."""
    page = list_contacts_of_customer(
        request.services.workspace(request.context),
        request.path["customerId"],
        limit=request.query.limit,
        cursor=request.query.cursor,
    )
    return page_response(page, ContactBody, ContactBody.of)


@routes.get(
    "/v1/contacts/{contactId}",
    operation="getContact",
    permission=("contact", "read"),
    response=ContactBody,
    etag=True,
    summary="Read a contact",
)
def get(request: Request[Container]) -> Response:
    """One contact."""
    return answer(get_contact(request.services.workspace(request.context), request.path["contactId"]))


@routes.put(
    "/v1/contacts/{contactId}",
    operation="replaceContact",
    permission=("contact", "write"),
    body=ContactDraft,
    response=ContactBody,
    etag=True,
    if_match="required",
    errors=(DuplicateError, ConflictError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Replace a contact",
    examples=(_EXAMPLE,),
)
def replace(request: Request[Container, NoQuery, ContactDraft]) -> Response:
    """What the body leaves out is emptied; another `customerId` moves the contact, which takes two versions."""
    draft = request.body
    saved = update_contact(
        request.services.workspace(request.context),
        request.path["contactId"],
        lambda _: draft,
        expected_version=request.if_match,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(saved.record)


@routes.patch(
    "/v1/contacts/{contactId}",
    operation="updateContact",
    permission=("contact", "write"),
    body=ContactDraft,
    merge_patch=True,
    response=ContactBody,
    etag=True,
    if_match="optional",
    errors=(DuplicateError, ConflictError),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Change a contact",
    examples=(Example("position", {"position": "Buyer"}),),
)
def update(request: Request[Container, NoQuery, MergePatch[ContactDraft]]) -> Response:
    """A JSON merge patch: what it names changes, null empties, the rest stays."""
    saved = update_contact(
        request.services.workspace(request.context),
        request.path["contactId"],
        request.body.apply,
        expected_version=request.if_match,
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(saved.record)


@routes.delete(
    "/v1/contacts/{contactId}",
    operation="deleteContact",
    permission=("contact", "delete"),
    if_match="optional",
    status=204,
    summary="Move a contact to the trash",
)
def delete(request: Request[Container]) -> Response:
    """It can be restored for 180 days. Its e-mail and external id are free at once."""
    delete_contact(
        request.services.workspace(request.context),
        request.path["contactId"],
        expected_version=request.if_match,
    )
    return Response()


@routes.post(
    "/v1/contacts/{contactId}/restore",
    operation="restoreContact",
    permission=("contact", "delete"),
    response=ContactBody,
    etag=True,
    idempotent="record",
    errors=(DuplicateError,),
    request_headers=(SKIP_DUPLICATE_CHECK,),
    summary="Restore a contact",
)
def restore(request: Request[Container]) -> Response:
    """Brings a contact back from the trash as it was. A live one is returned as it stands."""
    restored = restore_contact(
        request.services.workspace(request.context),
        request.path["contactId"],
        skip_duplicates=skips_duplicates(request.headers),
    )
    return answer(restored.record)


@routes.get(
    "/v1/contacts/{contactId}/history",
    operation="getContactHistory",
    permission=("contact", "read"),
    query=PageQuery,
    response=PageBody[HistoryEntryBody],
    summary="What happened to a contact",
)
def history(request: Request[Container, PageQuery]) -> Response:
    """Newest first: who changed which field when, before and after."""
    return history_response(request, "contact", request.path["contactId"])
