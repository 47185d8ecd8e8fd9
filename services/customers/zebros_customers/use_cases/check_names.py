"""Compare the index of names with the customers, and repair it."""

from dataclasses import dataclass

from zebros_customers.domain.customer import Customer
from zebros_customers.domain.names import search_words
from zebros_customers.use_cases.workspace import Workspace


@dataclass(frozen=True, slots=True)
class NameCheck:
    """What a page of customers showed, by customer id.

    `late` stand in the index as of an older version: their events may be on the way, so look again after a minute.
    `wrong` stand there as of their present version under other words, which no event will mend.
    """

    checked: int
    late: list[str]
    wrong: list[str]
    next_cursor: str | None


def check_names(workspace: Workspace, *, limit: int, cursor: str | None, repair: bool) -> NameCheck:
    """Check a page of all live customers, oldest first; with `repair`, index anew those that differ.

    Going through all pages with `repair` rebuilds the index. Words of customers that are gone are not looked for: a
    search reads each customer it finds, so they are never shown. Raises ForbiddenError for a caller who may not export.
    """
    workspace.visibility("customer", "export")
    page = workspace.customers.page_by_creation(limit=limit, cursor=cursor)
    current = workspace.customers.batch_get([customer.customer_id for customer in page.items])
    late: list[str] = []
    wrong: list[str] = []
    for customer in current.values():
        known = workspace.names.indexed(customer.customer_id)
        if known is not None and (known.version > customer.version or _agrees(known.words, customer)):
            continue
        if known is None and not search_words(customer.company_name):
            continue  # nothing to be found by: its row has ended
        behind = known is None or known.version < customer.version
        (late if behind else wrong).append(customer.customer_id)
        if repair:
            words = search_words(customer.company_name)
            workspace.names.put(customer.customer_id, customer.version, words, again=True)
    return NameCheck(len(current), late, wrong, page.next_cursor)


def _agrees(words: list[str], customer: Customer) -> bool:
    return set(words) == set(search_words(customer.company_name))
