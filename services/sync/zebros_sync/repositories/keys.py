"""Every key of this service. It has no records of its own: what it keeps follows from the owners' events.

===================================  ======================================  =====================================
row of sync-log, below ``{t}#``      sort key                                what
===================================  ======================================  =====================================
head                                 ``-``                                   the highest sequence number
log, bucket                          first number, twelve digits             a segment: pointers of one append
clients                              client id                               that there is this client
client, client                       ``m#`` mutation id                      what a mutation came to
client, client                       ``v#`` entity ``#`` id                  the versions that the client made
conflicts                            conflict id                             a conflict, open or settled
conflicts-by-time                    time ``#`` conflict id                  that there is this conflict
erased, hash                         ``-``                                   that a person's record was erased
idempotency, derived id              ``-``                                   the kept answer of a repeatable request
===================================  ======================================  =====================================

===================================  ======================================  =====================================
row of sync-states, below ``{t}#``   sort key                                what
===================================  ======================================  =====================================
state, partition                     entity ``#`` id                         a record at its latest version, or that
                                                                             it is gone
===================================  ======================================  =====================================

A bucket holds the segments of 10,000 sequence numbers; the states are spread over sixteen partitions by id.
"""

from typing import Final

LOG_TABLE: Final = "sync-log"
STATE_TABLE: Final = "sync-states"
