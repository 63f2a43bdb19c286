"""Sums as τ's `calculate` takes them, parsed and bounded instead of evaluated."""

import ast
import operator
import re

from .refusals import NotReckonable

ALLOWED = re.compile(r"[0-9+\-*/(). ]*")
WRONG_SIGNS = "Invalid characters in expression"
SIGNS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
DEEPEST = 60
LARGEST = 1e15


def reckoned(expression: str) -> float:
    """To two decimals. Powers, and whole-number division, are not for a till."""
    if not ALLOWED.fullmatch(expression):
        raise NotReckonable(WRONG_SIGNS)
    try:
        return round(float(_value(ast.parse(expression.strip(), mode="eval").body, 0)), 2)
    except SyntaxError as wrong:
        raise NotReckonable(wrong.msg) from None
    except ZeroDivisionError:
        raise NotReckonable("division by zero") from None


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
                return float(found) if isinstance(op, ast.Div) else found
    raise NotReckonable("it holds more than numbers and + - * /")
