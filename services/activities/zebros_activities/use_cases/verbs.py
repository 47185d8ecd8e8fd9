"""What can be done to which records in a batch or by the bulk door, and which records others may read there."""

from collections.abc import Mapping
from typing import Final

from zebros_activities.domain.activity import ActivityDraft
from zebros_activities.use_cases.create_activity import create_activity
from zebros_activities.use_cases.delete_activity import delete_activity
from zebros_activities.use_cases.relations import prefetch_relations
from zebros_activities.use_cases.restore_activity import restore_activity
from zebros_activities.use_cases.update_activity import update_activity
from zebros_core.records.mutations import RecordVerbs

VERBS: Final[Mapping[str, RecordVerbs]] = {
    "activity": RecordVerbs(
        ActivityDraft,
        create_activity,
        update_activity,
        delete_activity,
        restore_activity,
        prepare=prefetch_relations,
        together=True,
    ),
}

EXPORTED: Final = frozenset({"activity"})
