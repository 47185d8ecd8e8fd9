"""Find customers by the words of their names."""

from zebros_core.auth.permissions import can_see
from zebros_core.dynamodb.paging import Page
from zebros_core.errors import BadRequestError
from zebros_core.names import words
from zebros_customers.domain.customer import Customer
from zebros_customers.domain.names import search_words
from zebros_customers.use_cases.workspace import Workspace

_MAX_READS = 5


def search_customers(workspace: Workspace, text: str, *, limit: int, cursor: str | None) -> Page[Customer]:
    """Return a page of the customers whose name has, for every word of `text`, a word that begins with it.

    Case and accents do not count. The longest word is looked up in the index of words and the others are compared with
    the customers found, read strongly, so a stale index shows nothing wrong. At most five pages of the index are read,
    then the page is short and has a cursor. Raises BadRequestError for a text without a letter or digit.
    """
    wanted = words(text)
    if not wanted:
        raise BadRequestError.for_field("name", "no_words", "give at least one letter or digit to search for")
    visibility = workspace.visibility("customer", "read")
    longest = max(wanted, key=len)
    found: list[Customer] = []
    for _ in range(_MAX_READS):
        hits = workspace.names.page(longest, query=" ".join(wanted), limit=limit - len(found), cursor=cursor)
        customers = workspace.customers.batch_get(hit.id for hit in hits.items)
        found += [
            customer
            for hit in hits.items
            if (customer := customers.get(hit.id)) is not None
            and _matches(customer, wanted, longest, hit.word)
            and can_see(visibility, workspace.context, customer.owner_id, customer.team_id)
        ]
        cursor = hits.next_cursor
        if cursor is None or len(found) >= limit:
            break
    return Page(found, cursor)


def _matches(customer: Customer, wanted: list[str], longest: str, word: str) -> bool:
    present = search_words(customer.company_name)
    # A name with two words of the same beginning is in the index twice: it is shown for the first of them only.
    first = min((other for other in present if other.startswith(longest)), default=None)
    return word == first and all(any(other.startswith(prefix) for other in present) for prefix in wanted)
