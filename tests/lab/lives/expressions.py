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


_KEEPS = re.compile(r"if_not_exists\((\S+), (\S+)\)")


def updated(item: Item, expression: str, values: Values, names: Mapping[str, str]) -> Item:
    """The item after `SET a = :a, ... REMOVE b, ...`, either of which may be missing.

    `#a` stands for one of the `names`; `SET a = if_not_exists(a, :a)` keeps what is there.
    """
    sets, kept, removes = _update(expression)
    found = {names.get(name, name): values[value] for name, value in sets.items()}
    after = (
        item | found | {one: item[one] for one in (names.get(k, k) for k in kept) if one in item}
    )
    for name in removes:
        after.pop(name, None)
    return after


@cache
def _update(
    expression: str,
) -> tuple[Mapping[str, str], tuple[str, ...], tuple[str, ...]]:
    """What it sets, what of that it keeps where it is there, and what it removes."""
    kept = tuple(name for name, _ in _KEEPS.findall(expression))
    sets, _, removes = _KEEPS.sub(r"\2", expression).partition("REMOVE")
    of_each: dict[str, str] = {}
    for part in filter(None, map(str.strip, sets.removeprefix("SET").split(","))):
        name, equals, value = part.split()
        assert equals == "=", expression
        of_each[name] = value
    return of_each, kept, tuple(filter(None, map(str.strip, removes.split(","))))
