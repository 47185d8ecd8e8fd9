"""How the operations on imports are called."""

from __future__ import annotations

from recipes.recipe import Recipe, Reference

_OWN = {"jobId": "import"}
_PARTS = {"jobId": "import_in_parts"}
_MAPPING = [{"column": "account", "field": "companyName"}]

RECIPES: dict[str, Recipe] = {
    "createImport": Recipe(
        body=lambda _: {"entity": "customer", "fileName": "more.csv", "sizeBytes": 20},
        references=(Reference(body=lambda theirs, _: {"fromJobId": theirs["import"]}),),
    ),
    "getImportUpload": Recipe(path=_OWN),
    "signImportParts": Recipe(path=_PARTS, body=lambda _: {"partNumbers": [1]}),
    "listImportParts": Recipe(path=_PARTS),
    "previewImport": Recipe(path=_OWN, body=lambda _: {"mapping": _MAPPING}),
    "startImport": Recipe(path={"jobId": "import_to_start"}, body=lambda _: {"mapping": _MAPPING}),
    "listImportRows": Recipe(path={"jobId": "finished_import"}),
    "undoImport": Recipe(path={"jobId": "finished_import"}),
}
