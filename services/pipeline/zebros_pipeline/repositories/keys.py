"""Every key and index of this service.

=============  ===========================  ==================================================================
table          partition, sort              indexes: partition, sort (``{t}`` tenant, ``{s}`` shard)
=============  ===========================  ==================================================================
leads          leadId                       created ``{t}#{s}``, createdAt · owner ``{t}#{owner}``, createdAt ·
                                            team ``{t}#{team}``, createdAt · status ``{t}#{status}``, createdAt ·
                                            source ``{t}#{source}``, createdAt · email ``{t}#{email}``, createdAt
products       productId                    created · name ``{t}``, nameKey
opportunities  opportunityId, customerId    created · owner · team · customer ``{t}#{customer}``, createdAt ·
               (``~`` without a customer)   stage ``{t}#{stage}``, ``{expectedCloseDate}#{id}`` (``~#{id}``
                                            without a date) · closed ``{t}``, closeDate (closed ones only) ·
                                            due ``{t}#open``, ``{expectedCloseDate}#{id}`` (open ones only) ·
                                            idle ``{t}#open``, activeAt (open ones only)
lookup         pk, sk                       none; rows below
=============  ===========================  ==================================================================

======================================  ===========================  ==========================================
lookup row, below ``{t}#``              sort key                     what
======================================  ===========================  ==========================================
settings                                ``stages``, ``currencies``   what a tenant has set
lines, opportunity id                   ``-``                        the lines of an opportunity
lines, opportunity id                   version, ten digits          those that this version replaced, for 15 days
stages, opportunity id                  version, ten digits          one stage that an opportunity has entered
conversion, id                          ``-``                        a lead's conversion and how far it is
customer, id                            ``-``                        a customer that was deleted or merged away
history, entity, id                     version, ten digits          one entry of a record's history
trash, entity                           id                           a record that is or was in the trash
erased, hash of entity and id           ``-``                        that a person's record was erased for good
job, job id, shard of 16                ``{entity}#{id}#{version}``  a version that a job wrote, for 90 days
mutation, id                            ``-``                        what a mutation of the bulk door did
idempotency, derived id                 ``-``                        the kept answer of a repeatable request
guard, kind, value                      ``-``                        who has a unique e-mail, name, external id
======================================  ===========================  ==========================================

The rows of the totals are described in ``contributions`` and ``counters``.
"""

from typing import Final

from zebros_core.dynamodb.schema import EntitySchema, IndexSpec
from zebros_pipeline.domain.lead import Lead
from zebros_pipeline.domain.opportunity import Opportunity
from zebros_pipeline.domain.product import Product

LOOKUP_TABLE: Final = "pipeline-lookup"

_CREATED = IndexSpec("shardKey", "createdAt", sharded=True)
_BY_OWNER = IndexSpec("ownerId", "createdAt")
_BY_TEAM = IndexSpec("teamId", "createdAt")

LEADS: Final = EntitySchema(
    entity="lead",
    model=Lead,
    table="leads",
    id_field="lead_id",
    scoped=frozenset({"ownerId", "teamId", "status", "source", "email"}),
    indexes={
        "created": _CREATED,
        "owner": _BY_OWNER,
        "team": _BY_TEAM,
        "status": IndexSpec("status", "createdAt"),
        "source": IndexSpec("source", "createdAt"),
        "email": IndexSpec("email", "createdAt"),
    },
    field_codes={
        "company_name": "cn",
        "first_name": "fn",
        "last_name": "ln",
        "email": "em",
        "phone": "ph",
        "position": "po",
        "industry": "in",
        "source": "so",
        "status": "st",
        "score": "sc",
        "rating": "ra",
        "estimated_value": "ev",
        "currency": "cy",
        "do_not_contact": "dn",
        "owner_id": "ow",
        "team_id": "te",
        "converted_at": "ca",
        "converted_by": "cb",
        "customer_id": "ct",
        "contact_id": "co",
        "opportunity_id": "op",
    },
    lookup_table=LOOKUP_TABLE,
)

PRODUCTS: Final = EntitySchema(
    entity="product",
    model=Product,
    table="products",
    id_field="product_id",
    derived=Product.index_attributes,
    indexes={"created": _CREATED, "name": IndexSpec("tenantId", "nameKey")},
    field_codes={
        "name": "na",
        "series": "se",
        "unit_price": "up",
        "currency": "cy",
        "active": "ac",
    },
    lookup_table=LOOKUP_TABLE,
)

OPPORTUNITIES: Final = EntitySchema(
    entity="opportunity",
    model=Opportunity,
    table="opportunities",
    id_field="opportunity_id",
    parent_field="customer_id",
    scoped=frozenset({"ownerId", "teamId", "customerKey", "stage", "openTenant"}),
    derived=Opportunity.index_attributes,
    indexes={
        "created": _CREATED,
        "owner": _BY_OWNER,
        "team": _BY_TEAM,
        "customer": IndexSpec("customerKey", "createdAt"),
        "stage": IndexSpec("stage", "expectedCloseKey"),
        "closed": IndexSpec("tenantId", "closeDate"),
        "due": IndexSpec("openTenant", "expectedCloseKey"),
        "idle": IndexSpec("openTenant", "activeAt"),
    },
    field_codes={
        "customer_id": "ct",
        "contact_id": "co",
        "lead_id": "le",
        "title": "ti",
        "value": "va",
        "currency": "cy",
        "stage": "st",
        "outcome": "oc",
        "probability": "pr",
        "forecast_category": "fc",
        "expected_close_date": "ec",
        "engage_date": "en",
        "close_date": "cd",
        "loss_reason": "lr",
        "line_count": "lc",
        "lines": "li",
        "owner_id": "ow",
        "team_id": "te",
        "stage_entered_at": "se",
        "active_at": "aa",
        "customer_deleted": "dd",
    },
    lookup_table=LOOKUP_TABLE,
)

SCHEMAS: Final = (LEADS, PRODUCTS, OPPORTUNITIES)

BY_ENTITY: Final = {schema.entity: schema for schema in SCHEMAS}
