"""Everything on one person: collected for them, and erased, by the service that holds it.

Common parts of the verbs `identify`, `collect` and `erase` of bulk doors: whom they are about (`subject`), what is
personal (`redaction`, by the classification in the models), how texts are searched (`texts`), how a long work goes on
where it was (`steps`), and what keeps late events from bringing values back (`history`, `marks`).
"""
