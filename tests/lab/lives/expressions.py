"""The part of DynamoDB's expressions that the function uses, read into functions of an item.

Source: Amazon DynamoDB Developer Guide, "Condition expressions", "Update expressions". What is not
known here raises: a new expression is to be taught, never taken for true.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Item = dict[str, Any]
Values = Mapping[str, Any]
Condition = Callable[[Item, Values], bool]

_TOKEN = re.compile(r"\s*(<=|>=|<>|[()=<>,]|:?\w+)")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def plain(value: Any) -> Any:
    """The value inside its type; numbers by their value, since they compare so."""
    kind, inner = next(iter(value.items()))
    return float(inner) if kind == "N" else inner


@cache
def condition(text: str) -> Condition:
    """Whether the condition holds of an item; an item that is not there has no attribute."""
    tokens = _TOKEN.findall(text)
    read, rest = _any_of(tokens)
    if rest:
        raise NotImplementedError(f"{text}: teach it to tests/lab/lives/expressions.py")
    return read


def _any_of(tokens: list[str]) -> tuple[Condition, list[str]]:
    left, rest = _all_of(tokens)
    while rest[:1] == ["OR"]:
        right, rest = _all_of(rest[1:])
        left = _either(left, right)
    return left, rest


def _all_of(tokens: list[str]) -> tuple[Condition, list[str]]:
    left, rest = _one(tokens)
    while rest[:1] == ["AND"]:
        right, rest = _one(rest[1:])
        left = _both(left, right)
    return left, rest


def _either(a: Condition, b: Condition) -> Condition:
    return lambda item, values: a(item, values) or b(item, values)


def _both(a: Condition, b: Condition) -> Condition:
    return lambda item, values: a(item, values) and b(item, values)


def _one(tokens: list[str]) -> tuple[Condition, list[str]]:
    match tokens:
        case ["(", *inner]:
            read, rest = _any_of(inner)
            return read, rest[1:]
        case ["attribute_not_exists", "(", name, ")", *rest]:
            return (lambda item, values: name not in item), rest
        case ["attribute_exists", "(", name, ")", *rest]:
            return (lambda item, values: name in item), rest
        case [name, sign, value, *rest] if sign in _COMPARISONS and value.startswith(":"):
            compare = _COMPARISONS[sign]
            return (
                lambda item, values: (
                    name in item and compare(plain(item[name]), plain(values[value]))
                )
            ), rest
    raise NotImplementedError(f"{tokens}: teach it to tests/lab/lives/expressions.py")


def updated(item: Item, expression: str, values: Values) -> Item:
    """The item after `SET a = :a, ... REMOVE b, ...`, either of which may be missing."""
    sets, removes = _update(expression)
    after = item | {name: values[value] for name, value in sets.items()}
    for name in removes:
        after.pop(name, None)
    return after


@cache
def _update(expression: str) -> tuple[Mapping[str, str], tuple[str, ...]]:
    sets, _, removes = expression.partition("REMOVE")
    of_each: dict[str, str] = {}
    for part in filter(None, map(str.strip, sets.removeprefix("SET").split(","))):
        name, equals, value = part.split()
        assert equals == "=", expression
        of_each[name] = value
    return of_each, tuple(filter(None, map(str.strip, removes.split(","))))
