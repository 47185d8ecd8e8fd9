"""Every key and index of this service.

===========  ==========================  =====================================================================
table        partition, sort             indexes: partition, sort (``{t}`` tenant, ``{s}`` shard)
===========  ==========================  =====================================================================
customers    customerId                  created ``{t}#{s}``, createdAt · name ``{t}``, nameKey ·
                                         owner ``{t}#{owner}``, createdAt · team ``{t}#{team}``, createdAt ·
                                         industry ``{t}#{industry}``, createdAt · tier ``{t}#{tier}``, createdAt
contacts     contactId, customerId       created · customer ``{t}#{customer}``, nameKey ·
             (``~`` without a customer)  email ``{t}#{email}``, createdAt · owner · team
documents    documentId                  created · customer ``{t}#{customer}``, createdAt
lookup       pk, sk                      none; rows below
===========  ==========================  =====================================================================

======================================  ===========================  ==========================================
lookup row, below ``{t}#``              sort key                     what
======================================  ===========================  ==========================================
history, entity, id                     version, ten digits          one entry of a record's history
job, job id, shard of 16                ``{entity}#{id}#{version}``  a version that a job wrote, for 90 days
word, first letter                      ``{word}#{id}``              a word of a customer's name
words, id                               ``-``                        the words under which a customer stands now
fields                                  ``{entity}#{name}``          a custom field's definition
trash, entity                           id                           a record that is or was in the trash
erased, hash of entity and id           ``-``                        that a person's record was erased for good
merge, id                               ``-``                        a merge and how far it is
mutation, id                            ``-``                        what a mutation of the bulk door did
idempotency, derived id                 ``-``                        the kept answer of a repeatable request
guard, kind, value                      ``-``                        who has a unique name, e-mail, external id
======================================  ===========================  ==========================================
"""

from typing import Final

from zebros_core.dynamodb.schema import EntitySchema, IndexSpec
from zebros_customers.domain.contact import Contact
from zebros_customers.domain.customer import Customer
from zebros_customers.domain.document import Document

LOOKUP_TABLE: Final = "customers-lookup"

_CREATED = IndexSpec("shardKey", "createdAt", sharded=True)
_BY_OWNER = IndexSpec("ownerId", "createdAt")
_BY_TEAM = IndexSpec("teamId", "createdAt")

CUSTOMERS: Final = EntitySchema(
    entity="customer",
    model=Customer,
    table="customers",
    id_field="customer_id",
    scoped=frozenset({"ownerId", "teamId", "industry", "tier"}),
    derived=Customer.index_attributes,
    indexes={
        "created": _CREATED,
        "name": IndexSpec("tenantId", "nameKey"),
        "owner": _BY_OWNER,
        "team": _BY_TEAM,
        "industry": IndexSpec("industry", "createdAt"),
        "tier": IndexSpec("tier", "createdAt"),
    },
    field_codes={
        "company_name": "cn",
        "industry": "in",
        "tier": "ti",
        "contact_info": "ci",
        "owner_id": "ow",
        "team_id": "te",
        "merged_into": "mi",
    },
    lookup_table=LOOKUP_TABLE,
)

CONTACTS: Final = EntitySchema(
    entity="contact",
    model=Contact,
    table="contacts",
    id_field="contact_id",
    parent_field="customer_id",
    scoped=frozenset({"customerKey", "email", "ownerId", "teamId"}),
    derived=Contact.index_attributes,
    indexes={
        "created": _CREATED,
        "customer": IndexSpec("customerKey", "nameKey"),
        "email": IndexSpec("email", "createdAt"),
        "owner": _BY_OWNER,
        "team": _BY_TEAM,
    },
    field_codes={
        "customer_id": "ct",
        "first_name": "fn",
        "last_name": "ln",
        "email": "em",
        "phone": "ph",
        "position": "po",
        "details": "de",
        "do_not_contact": "dn",
        "last_contacted_at": "lc",
        "email_bounced_at": "eb",
        "owner_id": "ow",
        "team_id": "te",
    },
    lookup_table=LOOKUP_TABLE,
)

DOCUMENTS: Final = EntitySchema(
    entity="document",
    model=Document,
    table="documents",
    id_field="document_id",
    scoped=frozenset({"customerKey"}),
    derived=Document.index_attributes,
    indexes={"created": _CREATED, "customer": IndexSpec("customerKey", "createdAt")},
    field_codes={
        "customer_id": "ct",
        "kind": "ki",
        "status": "st",
        "file_name": "fn",
        "content_type": "ty",
        "size_bytes": "sz",
        "description": "de",
        "object_key": "ok",
        "upload_id": "up",
        "owner_id": "ow",
        "team_id": "te",
    },
    lookup_table=LOOKUP_TABLE,
)

SCHEMAS: Final = (CUSTOMERS, CONTACTS, DOCUMENTS)
BY_ENTITY: Final = {schema.entity: schema for schema in SCHEMAS}
