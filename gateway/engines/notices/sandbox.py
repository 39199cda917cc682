"""The part of Jinja in which templates are written: variables, conditions and a few filters, and nothing that loops,
calls, reads attributes or grows.

Jinja's own sandbox keeps a template from reaching Python; it does not keep it from running for hours. So the kinds of
nodes are a closed list: what is on it takes time and room in proportion to the template.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

FILTERS = frozenset({"upper", "lower", "capitalize", "title", "trim", "truncate", "default"})
TESTS = frozenset({"defined", "undefined"})
ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.If,
    nodes.Const,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Test,
    nodes.Keyword,
)

PLAIN = SandboxedEnvironment(autoescape=False, undefined=StrictUndefined)
MARKED_UP = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)


def faults(source: str, known: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(code, sentence) of everything that is wrong with a template.

    It is parsed only: Jinja's compiler reckons constants out, and `9 ** 999999999` is one.
    """
    try:
        tree = PLAIN.parse(source)
    except TemplateSyntaxError as error:
        yield "syntax", f"line {error.lineno}: {error.message}"
        return
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, thousands of brackets
        yield "syntax", f"this cannot be read: {error}"
        return
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, ALLOWED):
            yield "not_allowed", f"line {node.lineno}: {type(node).__name__.lower()} is not allowed in a template"
        elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
            yield "not_allowed", f"line {node.lineno}: there are the filters {', '.join(sorted(FILTERS))}"
        elif isinstance(node, nodes.Test) and node.name not in TESTS:
            yield "not_allowed", f"line {node.lineno}: there are the tests {', '.join(sorted(TESTS))}"
    # Nothing that is allowed makes a variable, so every name is one of ours or of nobody's.
    for name in sorted({node.name for node in tree.find_all(nodes.Name)} - known):
        yield "unknown_variable", f"there is no variable {name}; there are {', '.join(sorted(known))}"


def filled(source: str, facts: Mapping[str, object], *, marked_up: bool = False) -> str:
    """A template with its variables filled in; `marked_up`: variables are escaped for HTML.

    Raises:
        ValueError: it cannot be filled in, which `faults` and a trial with examples find before.
    """
    try:
        return (MARKED_UP if marked_up else PLAIN).from_string(source).render(facts)
    except (TemplateError, TypeError, OverflowError, RecursionError, SyntaxError) as error:
        raise ValueError(f"this cannot be filled in: {error}") from error
