"""What a tenant's template may contain, and that none works, writes or reaches further than that."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import pytest

from zebros_activities.adapters.jinja_templates import MAX_ROUNDS, JinjaTemplateEngine
from zebros_activities.domain.email_template import EmailContent, TemplateDraft
from zebros_core.errors import ValidationError

ENGINE = JinjaTemplateEngine()
MIRA = {"firstName": "Mira", "lastName": "Vantongeren", "email": "mira@tidewater.example"}


def content(text: str = "Hello", *, subject: str = "News", html: str | None = None) -> EmailContent:
    return EmailContent(subject=subject, text=text, html=html)


def faults_of(wrong: EmailContent) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as raised:
        ENGINE.check(wrong)
    return [(fault.field, fault.code, fault.message) for fault in raised.value.fields]


def render(text: str, **values: Any) -> str:
    return ENGINE.render(content(text), {"contact": MIRA, "values": values}).text


def refusal(wrong: EmailContent, **values: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(ValidationError) as raised:
        ENGINE.render(wrong, {"contact": MIRA, "values": values})
    return [(fault.field, fault.code, fault.message) for fault in raised.value.fields]


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("{{ contact.firstName.upper() }}", "calls"),
        ("{{ range(10) }}", "calls"),
        ("{{ values.x() }}", "calls"),
        ("{% for i in range(10**9) %}x{% endfor %}", "a list of values"),
        ("{{ 'a' * 10**9 }}", "arithmetic"),
        ("{{ 10**10**10 }}", "arithmetic"),
        ("{{ -1 }}", "arithmetic"),
        ("{{ 'a' ~ 'b' }}", "'~'"),
        ("{{ values['x'] }}", "'[ ]'"),
        ("{{ ''.__class__ }}", "'_'"),
        ("{{ contact.__class__.__mro__ }}", "'_'"),
        ("{{ values._x }}", "'_'"),
        ("{{ values.a.b }}", "a name and a field"),
        ("{{ contact.firstName.format }}", "a name and a field"),
        ("{{ ('a').b }}", "a name and a field"),
        ("{{ contact.ownerId }}", "no contact.ownerId"),
        ("{{ sender.password }}", "no sender.password"),
        ("{{ config }}", "no variable config"),
        ("{{ self.x }}", "no variable self"),
        ("{{ contact }}", "no variable contact"),
        ("{{ loop.index }}", "no variable loop"),
        ("{{ values.x|attr('__class__') }}", "filters are"),
        ("{{ values.x|safe }}", "filters are"),
        ("{{ values.x|center(1000000000) }}", "filters are"),
        ("{{ values.x|replace('a', 'aaaa') }}", "filters are"),
        ("{{ '%1000000000d'|format(1) }}", "filters are"),
        ("{{ values.x|join('xxx') }}", "filters are"),
        ("{{ values.x|default('a', true) }}", "default(...)"),
        ("{{ values.x|upper(1) }}", "default(...)"),
        ("{% if values.x is divisibleby(3) %}{% endif %}", "'is defined'"),
        ("{% if 'a' in values.x %}{% endif %}", "comparisons are"),
        ("{% set x = 1 %}", "set"),
        ("{% set x %}a{% endset %}", "set"),
        ("{% include 'email/layout.html' %}", "include"),
        ("{% import 'x' as y %}", "import"),
        ("{% from 'x' import y %}", "import"),
        ("{% extends 'x' %}", "extends"),
        ("{% block x %}{% endblock %}", "block"),
        ("{% macro x() %}{% endmacro %}", "macro"),
        ("{% call x() %}{% endcall %}", "call"),
        ("{% filter upper %}a{% endfilter %}", "filter blocks"),
        ("{% with x = 1 %}{% endwith %}", "not allowed"),
        ("{{ [1, 2] }}", "not allowed"),
        ("{{ {'a': 1} }}", "not allowed"),
        ("{% for a in contact.firstName %}{% endfor %}", "a list of values"),
        ("{% for a in values.l if a %}{% endfor %}", "no condition"),
        ("{% for a in values.l recursive %}{% endfor %}", "not recursive"),
        ("{% for a, b in values.l %}{% endfor %}", "one variable"),
        ("{% for contact in values.l %}{% endfor %}", "a name of its own"),
        ("{% for loop in values.l %}{% endfor %}", "a name of its own"),
        ("{% for a in values.l %}{{ loop.cycle }}{% endfor %}", "of a loop there are"),
        ("{% for a in values.l %}{{ loop }}{% endfor %}", "no variable loop"),
        ("{% for a in values.l %}{% endfor %}{{ a }}", "no variable a"),
        ("{% for _a in values.l %}{% endfor %}", "'_'"),
    ],
)
def test_code_in_a_template_is_refused_where_it_stands(source: str, rule: str) -> None:
    ((field, code, message), *_) = faults_of(content(f"Hello\n\n{source}"))
    assert (field, code) == ("/text", "template_rule")
    assert message.startswith("line 3: ")
    assert rule in message


@pytest.mark.parametrize(
    "source",
    [
        "{{ contact.",
        "{% if %}",
        "{% for a in values.l %}",
        "{{ 'a' }",
        "{% nonsense %}",
        "{{ " + "9" * 5000 + " }}",
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{% if 1 %}" * 3000,
    ],
)
def test_what_is_no_template_is_refused_with_its_line(source: str) -> None:
    ((field, code, message), *_) = faults_of(content(f"Hello\n{source}"))
    assert field == "/text"
    assert code == "template_syntax"
    assert message.startswith("line ")


def test_every_part_is_looked_at_and_every_fault_is_named() -> None:
    wrong = content("{{ a() }}\n{{ b() }}", subject="{{ x }}", html="<p>{{ values.y|safe }}</p>")
    assert [fault[0] for fault in faults_of(wrong)] == ["/subject", "/text", "/text", "/html"]


def test_what_templates_are_for_works() -> None:
    text = (
        "Dear {{ contact.firstName|default('friend') }} {{ contact.lastName|upper }},\n"
        "{%- if values.lines is defined and values.total > 100 -%}\n"
        "{% for line in values.lines %}\n"
        "{{ loop.index }}. {{ line.name|title }}: {{ line.price }}{% if not loop.last %},{% endif %}\n"
        "{%- else %}nothing{% endfor %}\n"
        "{%- elif values.total == 0 %}free{% endif %}\n"
        "{{ 'yes' if values.total >= 1 else 'no' }}\n"
    )
    lines = [{"name": "oak desk", "price": 80}, {"name": "lamp", "price": 40}]
    assert render(text, lines=lines, total=120) == (
        "Dear Mira VANTONGEREN,\n1. Oak Desk: 80,\n2. Lamp: 40\nyes\n"
    )
    assert render(text, lines=[], total=120) == "Dear Mira VANTONGEREN,nothing\nyes\n"
    assert render(text, total=0) == "Dear Mira VANTONGEREN,free\nno\n"
    assert render("{{ contact.phone|default('none') }}") == "none"


@pytest.mark.parametrize(
    ("number", "written"),
    [("1E+5", "100000"), ("100000.0", "100000"), ("12.10", "12.1"), ("0.0000001", "0.0000001"), ("0", "0")],
)
def test_numbers_are_written_as_people_write_them(number: str, written: str) -> None:
    assert render("{{ values.n }}", n=Decimal(number)) == written


def test_html_is_escaped_and_text_is_not() -> None:
    rendered = ENGINE.render(
        content("{{ values.x }}", html='<a title="{{ values.x }}">{{ values.x|upper }}</a>'),
        {"values": {"x": '<b>"&'}},
    )
    assert rendered.text == '<b>"&'
    assert rendered.html == '<a title="&lt;b&gt;&#34;&amp;">&lt;B&gt;&#34;&amp;</a>'


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("{{ contact.phone }}", "contact.phone"),
        ("{{ customer.companyName }}", "customer.companyName"),
        ("{{ sender.name }}", "sender.name"),
        ("{{ values.code }}", "values.code"),
        ("{% if values.code %}x{% endif %}", "values.code"),
        ("{% for a in values.code %}x{% endfor %}", "values.code"),
        ("{% for a in values.rows %}{{ a.b }}{% endfor %}", "values.rows[].b"),
    ],
)
def test_a_variable_without_a_value_is_named(source: str, name: str) -> None:
    assert refusal(content(source), rows=[{"a": 1}]) == [
        ("/text", "missing_variable", f"{name} has no value")
    ]


@pytest.mark.parametrize(
    "source",
    ["{{ values.rows.append }}", "{% for a in values.rows %}{{ a.keys }}{% endfor %}"],
)
def test_methods_of_values_are_out_of_reach(source: str) -> None:
    with pytest.raises(ValidationError):
        render(source, rows=[{"a": 1}])


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("{% for a in values.l %}{% for b in values.l %}x{% endfor %}{% endfor %}", "turns"),
        ("{% for a in values.l %}{% endfor %}" * 30, "turns"),
        ("{% for a in values.s %}x{% endfor %}", "no list"),
        ("{% for a in values.l %}" + "x" * 10_000 + "{% endfor %}", "larger than"),
        ("{{ values.l }}", "not written itself"),
        ("{{ values.n|length }}", "len()"),
        ("{{ 'x' if values.n < 'a' else 'y' }}", "not supported"),
    ],
)
def test_a_template_that_works_or_writes_without_end_is_stopped(source: str, rule: str) -> None:
    before = time.monotonic()
    ((field, code, message),) = refusal(content(source), l=["item"] * 50, s="text" * 500, n=7)
    assert (field, code) == ("/text", "not_renderable")
    assert rule in message
    assert time.monotonic() - before < 1
    assert MAX_ROUNDS == 1000


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("".join(f"{{% for {a} in values.l %}}" for a in "abc") + "{% endfor %}" * 3, "2 loops"),
        ("{% if values.a %}" * 11 + "x" + "{% endif %}" * 11, "10 conditions"),
        ("{{ " + "not " * 30 + "values.a }}", "20 operators"),
        ("{{ values.a }}" * 2001, "2000 expressions"),
        ("{{ '" + "x" * 201 + "' }}", "200 characters"),
    ],
)
def test_a_template_has_bounds(source: str, rule: str) -> None:
    faults = faults_of(content(source))
    assert any(rule in message for _, _, message in faults)
    assert len(faults) <= 10


@pytest.mark.parametrize("value", ["a\r\nBcc: everybody@example.com", "a\nb", "a\u2028b", "a\x85b"])
def test_a_subject_stays_one_line(value: str) -> None:
    with_value = content(subject="News {{ values.x }}")
    assert refusal(with_value, x=value) == [
        ("/subject", "control_character", "a subject is one line without control characters")
    ]
    with pytest.raises(ValueError, match="one line"):
        TemplateDraft(name="News", subject=f"News {value}", text="Hello")


def test_a_subject_and_a_text_say_something() -> None:
    assert refusal(content(subject="{{ values.x }}"), x=" ")[0][:2] == ("/subject", "length")
    assert refusal(content(subject="{{ values.x }}"), x="x" * 201)[0][:2] == ("/subject", "length")
    assert refusal(content(" {{ values.x }}\n"), x="")[0][:2] == ("/text", "empty")
