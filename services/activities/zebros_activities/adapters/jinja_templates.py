"""Tenants' templates by jinja2: held to the rules, compiled in a sandbox that knows nothing else, bounded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, NoReturn

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic_core import PydanticCustomError

from zebros_activities.adapters.template_rules import (
    FILTERS,
    LOOP_VARIABLES,
    TESTS,
    Findings,
    inspect_template,
)
from zebros_activities.domain.email_template import (
    MAX_SUBJECT_CHARACTERS,
    VARIABLES,
    EmailContent,
    single_line,
)
from zebros_core.errors import FieldError, ValidationError

MAX_ROUNDS: Final = 1000
"""Turns of all loops of one part of a mail together."""
MAX_RENDERED_BYTES: Final = {"subject": 4 * MAX_SUBJECT_CHARACTERS, "text": 128 * 1024, "html": 400 * 1024}


class _NotRenderableError(Exception):
    """A template asks for what cannot be written, or for too much of it."""


class _Fields(dict[str, Any]):
    """What a root or a row has; ``label`` is its name in the template."""

    def __init__(self, label: str, fields: Mapping[str, Any]) -> None:
        super().__init__(fields)
        self.label = label


class _Work:
    """How many turns are left."""

    def __init__(self) -> None:
        self.rounds = MAX_ROUNDS


class _CountedList(list[Any]):
    """A list whose every pass is paid for out of the same budget."""

    def __init__(self, items: Iterable[Any], work: _Work) -> None:
        super().__init__(items)
        self._work = work

    def __iter__(self) -> Iterator[Any]:
        for item in super().__iter__():
            self._work.rounds -= 1
            if self._work.rounds < 0:
                raise _NotRenderableError(f"loops make more than {MAX_ROUNDS} turns")
            yield item


class _Environment(ImmutableSandboxedEnvironment):
    """Reaches fields of mappings by name and nothing else, whatever the rules have let through."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, _Fields):
            found = obj.get(attribute)
            return self.undefined(hint=f"{obj.label}.{attribute}") if found is None else found
        if isinstance(obj, LoopContext) and attribute in LOOP_VARIABLES:
            return getattr(obj, attribute)
        return self.undefined(hint=f"….{attribute}")

    def getitem(self, obj: Any, argument: Any) -> Any:
        del obj, argument
        return self.undefined(hint="[…]")

    def call(self, *args: Any, **kwargs: Any) -> NoReturn:
        del args, kwargs
        raise _NotRenderableError("nothing is called in a template")


def _environment(*, html: bool) -> _Environment:
    # The optimizer would compute literals before the template runs; there is nothing worth it here.
    made = _Environment(
        autoescape=html,
        undefined=_Missing,
        finalize=_writable,
        optimized=False,
        keep_trailing_newline=True,
        cache_size=0,
    )
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS}
    made.tests = {name: made.tests[name] for name in TESTS}
    return made


def _writable(value: Any) -> Any:
    if isinstance(value, list | dict):
        raise _NotRenderableError("a list or a row is not written itself, only what is in it")
    if isinstance(value, Decimal):
        whole = value.to_integral_value()
        return f"{whole if whole == value else value.normalize():f}"
    return value


class _Missing(StrictUndefined):
    """A variable without a value: good for `is defined` and `default`, and an error anywhere else."""


class JinjaTemplateEngine:
    """The `TemplateEngine` of a container."""

    def __init__(self) -> None:
        self._plain = _environment(html=False)
        self._html = _environment(html=True)

    def check(self, content: EmailContent) -> None:
        """See `TemplateEngine`."""
        self._read(content)

    def render(self, content: EmailContent, variables: Mapping[str, Mapping[str, Any]]) -> EmailContent:
        """See `TemplateEngine`."""
        faults: list[FieldError] = []
        rendered: dict[str, str] = {}
        for part, (tree, findings) in self._read(content).items():
            try:
                given = _given(variables, findings.lists)
                rendered[part] = self._rendered(part, tree, given)
            except UndefinedError as error:
                faults.append(FieldError(f"/{part}", "missing_variable", f"{error.message} has no value"))
            except (_NotRenderableError, TypeError) as error:
                faults.append(FieldError(f"/{part}", "not_renderable", str(error)))
        if not faults:
            faults = _faults_of_result(rendered)
        if faults:
            raise ValidationError("The template cannot be rendered.", fields=faults)
        return EmailContent.model_construct(
            subject=rendered["subject"].strip(), text=rendered["text"], html=rendered.get("html")
        )

    def _read(self, content: EmailContent) -> dict[str, tuple[nodes.Template, Findings]]:
        """Return the parts as they were parsed. Raises ValidationError for whatever is against the rules."""
        read = {part: self._parsed(part, source) for part, source in _parts(content)}
        faults = [
            FieldError(f"/{part}", "template_rule", f"line {fault.line}: {fault.rule}")
            for part, (_, findings) in read.items()
            for fault in findings.faults
        ]
        if faults:
            raise ValidationError("The template contains what templates may not.", fields=faults)
        return read

    def _parsed(self, part: str, source: str) -> tuple[nodes.Template, Findings]:
        try:
            tree = self._of(part).parse(source)
            return tree, inspect_template(tree)
        except TemplateSyntaxError as error:
            raise _syntax_fault(part, error.lineno, error.message or "not a template") from error
        except RecursionError as error:
            raise _syntax_fault(part, 1, "too much is inside each other") from error
        except ValueError as error:  # a number of thousands of digits
            raise _syntax_fault(part, 1, "a literal cannot be read") from error

    def _rendered(self, part: str, tree: nodes.Template, given: Mapping[str, Any]) -> str:
        limit = MAX_RENDERED_BYTES[part]
        written: list[str] = []
        size = 0
        for chunk in self._of(part).from_string(tree).generate(given):
            size += len(chunk.encode())
            if size > limit:
                raise _NotRenderableError(f"the result is larger than {limit} bytes")
            written.append(chunk)
        return "".join(written)

    def _of(self, part: str) -> _Environment:
        return self._html if part == "html" else self._plain


def _given(variables: Mapping[str, Mapping[str, Any]], lists: Collection[str]) -> dict[str, Any]:
    """Return what one part gets: `lists` are the values that it loops over, which share a budget of turns."""
    given = {root: _Fields(root, variables.get(root, {})) for root in (*VARIABLES, "values")}
    work = _Work()
    values = given["values"]
    for name, value in list(values.items()):
        if isinstance(value, list):
            values[name] = _CountedList(_rows(name, value), work)
        elif name in lists and value is not None:
            raise _NotRenderableError(f"values.{name} is no list to loop over")
    return given


def _parts(content: EmailContent) -> list[tuple[str, str]]:
    parts = [("subject", content.subject), ("text", content.text)]
    return [*parts, ("html", content.html)] if content.html is not None else parts


def _rows(name: str, items: list[Any]) -> list[Any]:
    return [_Fields(f"values.{name}[]", item) if isinstance(item, dict) else item for item in items]


def _syntax_fault(part: str, line: int, rule: str) -> ValidationError:
    return ValidationError.for_field(f"/{part}", "template_syntax", f"line {line}: {rule[:200]}")


def _faults_of_result(rendered: Mapping[str, str]) -> list[FieldError]:
    faults: list[FieldError] = []
    subject = rendered["subject"].strip()
    if not 1 <= len(subject) <= MAX_SUBJECT_CHARACTERS:
        message = f"rendered, a subject has 1 to {MAX_SUBJECT_CHARACTERS} characters"
        faults.append(FieldError("/subject", "length", message))
    try:
        single_line(subject)
    except PydanticCustomError as error:
        faults.append(FieldError("/subject", error.type, error.message()))
    faults += [
        FieldError(f"/{part}", "empty", "rendered, it says nothing")
        for part in ("text", "html")
        if part in rendered and not rendered[part].strip()
    ]
    return faults
