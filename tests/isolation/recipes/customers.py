"""How the operations of the customers service are called."""

from __future__ import annotations

from recipes.recipe import ALL_THE_SAME, WHATEVER_IT_IS, Recipe, Reference, batch, filters

THINGS = {
    "customerId": "customer",
    "contactId": "contact",
    "documentId": "document",
    "fieldId": "field",
    "mergeId": "merge",
    "externalId": "external_id",
}
_ANY_CUSTOMER = {"companyName": "Tidewater"}
_ANY_CONTACT = {"lastName": "Vantongeren"}

RECIPES: dict[str, Recipe] = {
    # -- customers
    "createCustomer": Recipe(
        body=lambda t: {"companyName": f"{t['name']} too"},
        references=(
            Reference(
                body=lambda theirs, _: {
                    "companyName": theirs["name"],
                    "externalId": theirs["free_external_id_1"],
                    "contactInfo": {"email": theirs["email"]},
                },
                harmless=True,
            ),
        ),
    ),
    "listCustomers": Recipe(references=filters(owner="owner", team="team", industry="industry", tier="tier")),
    "searchCustomers": Recipe(query={"name": "zq"}, references=filters(name="name")),
    "getCustomer": Recipe(),
    "replaceCustomer": Recipe(
        body=lambda t: {"companyName": f"{t['name']} anew"},
        headers={**WHATEVER_IT_IS, **ALL_THE_SAME},
        references=(
            Reference(
                path={"customerId": "loser"},
                body=lambda theirs, _: {**_ANY_CUSTOMER, "externalId": theirs["free_external_id_4"]},
                harmless=True,
            ),
        ),
    ),
    "updateCustomer": Recipe(
        body=lambda _: {"tier": "platinum"},
        references=(
            Reference(
                path={"customerId": "loser"},
                body=lambda theirs, _: {"externalId": theirs["free_external_id_5"]},
                harmless=True,
            ),
        ),
    ),
    "deleteCustomer": Recipe(),
    "restoreCustomer": Recipe(path={"customerId": "deleted_customer"}),
    "getCustomerHistory": Recipe(),
    "mergeCustomers": Recipe(
        body=lambda t: {"loserId": t["loser"]},
        references=(Reference(body=lambda theirs, _: {"loserId": theirs["loser"]}),),
    ),
    "getMerge": Recipe(),
    "getCustomerByExternalId": Recipe(),
    "upsertCustomer": Recipe(
        path={"externalId": "free_external_id_2"},
        body=lambda t: {**_ANY_CUSTOMER, "externalId": t["free_external_id_2"]},
        headers=ALL_THE_SAME,
        harmless=True,
    ),
    "batchCustomers": Recipe(
        body=lambda t: {"operations": [{"operation": "update", "id": t["customer"], "data": {"tier": "x"}}]},
        headers=ALL_THE_SAME,
        references=batch("customer", "external_id", "free_external_id_3", _ANY_CUSTOMER),
    ),
    # -- contacts
    "createContact": Recipe(
        body=lambda t: {"lastName": f"{t['name']} too", "customerId": t["customer"]},
        references=(
            Reference(body=lambda theirs, _: {"lastName": "Doe", "customerId": theirs["customer"]}),
            Reference(
                body=lambda theirs, _: {
                    "lastName": "Doe",
                    "email": theirs["contact_email"],
                    "externalId": theirs["free_contact_external_id_4"],
                },
                harmless=True,
            ),
        ),
    ),
    "listContacts": Recipe(references=filters(email="contact_email", owner="owner", team="team")),
    "listContactsOfCustomer": Recipe(),
    "getContact": Recipe(),
    "replaceContact": Recipe(
        body=lambda t: {"lastName": "Anew", "customerId": t["customer"]},
        headers=WHATEVER_IT_IS,
        references=(
            Reference(body=lambda theirs, _: {"lastName": "Moved", "customerId": theirs["customer"]}),
            Reference(
                path={"contactId": "single_contact"},
                body=lambda theirs, _: {**_ANY_CONTACT, "externalId": theirs["free_contact_external_id_2"]},
                harmless=True,
            ),
        ),
    ),
    "updateContact": Recipe(
        body=lambda t: {"position": "Buyer", "customerId": t["customer"]},
        references=(
            Reference(body=lambda theirs, _: {"customerId": theirs["customer"]}),
            Reference(
                path={"contactId": "single_contact"},
                body=lambda theirs, _: {"externalId": theirs["free_contact_external_id_3"]},
                harmless=True,
            ),
        ),
    ),
    "deleteContact": Recipe(),
    "restoreContact": Recipe(path={"contactId": "deleted_contact"}),
    "getContactHistory": Recipe(),
    "batchContacts": Recipe(
        body=lambda t: {
            "operations": [{"operation": "update", "id": t["contact"], "data": {"position": "x"}}]
        },
        references=(
            *batch(
                "contact",
                "contact_external_id",
                "free_contact_external_id_1",
                _ANY_CONTACT,
                customerId="customer",
            ),
        ),
    ),
    # -- documents
    "createDocument": Recipe(
        body=lambda t: {
            "customerId": t["customer"],
            "fileName": "a.pdf",
            "contentType": "application/pdf",
            "sizeBytes": 5,
        },
        references=(
            Reference(
                body=lambda theirs, _: {
                    "customerId": theirs["customer"],
                    "fileName": "a.pdf",
                    "contentType": "application/pdf",
                    "sizeBytes": 5,
                }
            ),
        ),
    ),
    "getDocument": Recipe(),
    "deleteDocument": Recipe(),
    "resumeDocumentUpload": Recipe(),
    "signDocumentParts": Recipe(path={"documentId": "in_parts"}, body=lambda _: {"partNumbers": [1]}),
    "listDocumentParts": Recipe(path={"documentId": "in_parts"}),
    "completeDocument": Recipe(),
    "downloadDocument": Recipe(path={"documentId": "available"}),
    "listDocumentsOfCustomer": Recipe(),
    # -- custom fields
    "listFields": Recipe(),
    "createField": Recipe(
        body=lambda t: {"entity": "contact", "name": t["field_name"], "type": "text"},
        references=(
            Reference(
                body=lambda theirs, _: {"entity": "customer", "name": theirs["field_name"], "type": "text"},
                harmless=True,
            ),
        ),
    ),
    "getField": Recipe(),
    "reviseField": Recipe(body=lambda _: {"label": "Another label"}, headers=WHATEVER_IT_IS),
    "deleteField": Recipe(),
}
