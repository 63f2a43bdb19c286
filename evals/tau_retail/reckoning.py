"""Sums as τ's `calculate` takes them, parsed and bounded instead of evaluated."""

import ast
import operator
import re
from collections.abc import Callable

from .refusals import NotReckonable

ALLOWED = re.compile(r"[0-9+\-*/(). ]*")
WRONG_SIGNS = "Invalid characters in expression"
DEEPEST = 60
LARGEST = 1e15
HIGHEST = 50
"""Exponent: what it can make of the largest number is still made in no time."""


def _power(base: float, exponent: float) -> float:
    """Two stars are made of signs that are allowed, so τ takes them."""
    if exponent != int(exponent) or abs(exponent) > HIGHEST:
        raise NotReckonable("its power is too high")
    return float(base ** int(exponent))


SIGNS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Pow: _power,
}


def reckoned(expression: str) -> float:
    """To two decimals."""
    if not ALLOWED.fullmatch(expression):
        raise NotReckonable(WRONG_SIGNS)
    try:
        return round(float(_value(ast.parse(expression.strip(), mode="eval").body, 0)), 2)
    except SyntaxError as wrong:
        raise NotReckonable(wrong.msg) from None
    except (ZeroDivisionError, OverflowError):
        raise NotReckonable("division by zero, or too large") from None


def _value(node: ast.expr, depth: int) -> float:
    if depth > DEEPEST:
        raise NotReckonable("it is too deep")
    match node:
        case ast.Constant(value=int() | float() as number) if abs(number) < LARGEST:
            return number
        case ast.UnaryOp(op=ast.UAdd() | ast.USub() as sign, operand=operand):
            return _value(operand, depth + 1) * (-1 if isinstance(sign, ast.USub) else 1)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in SIGNS:
            found = SIGNS[type(op)](_value(left, depth + 1), _value(right, depth + 1))
            if abs(found) < LARGEST:
                return found
    raise NotReckonable("it holds more than numbers and + - * /")
