"""As much of PromQL as the rules for alerts use, evaluated as Prometheus would, at one instant."""

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from promql_parser import (
    AggModifierType,
    AggregateExpr,
    BinaryExpr,
    Call,
    Expr,
    MatchOp,
    MatrixSelector,
    NumberLiteral,
    ParenExpr,
    VectorMatchCardinality,
    VectorSelector,
    walk,
)

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Points = Sequence[tuple[float, float]]

STALE = 300.0
"""Seconds after which the last sample of a series counts no longer."""
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_AGGREGATIONS: Mapping[str, Callable[[list[float]], float]] = {"max": max, "min": min, "sum": math.fsum}


@dataclass(frozen=True)
class Samples:
    """Series by name and labels, each a list of instants and values, the oldest first."""

    series: Mapping[str, Mapping[Labels, Points]] = field(default_factory=dict)

    def select(self, selector: VectorSelector) -> Iterator[tuple[Labels, Points]]:
        for labels, points in self.series.get(str(selector.name), {}).items():
            if _matches(selector, dict(labels)):
                yield labels, points


def evaluate(expression: Expr, samples: Samples, *, at: float) -> Vector | float:
    """Return what the expression comes to; raises ``NotImplementedError`` for what no rule has used yet."""
    match expression:
        case NumberLiteral():
            return float(expression.val)
        case ParenExpr():
            return evaluate(expression.expr, samples, at=at)
        case VectorSelector():
            return _latest(expression, samples, at)
        case AggregateExpr():
            return _aggregate(expression, samples, at)
        case BinaryExpr():
            return _combine(expression, samples, at)
        case Call():
            return _call(expression, samples, at)
    raise NotImplementedError(type(expression).__name__)


def selectors(expression: Expr) -> list[VectorSelector]:
    """Return every selector of an expression."""
    found = []

    def look(part: Expr) -> None:
        if isinstance(part, MatrixSelector):
            found.append(part.vector_selector)
        elif isinstance(part, VectorSelector):
            found.append(part)

    walk(expression, look)
    return found


def kept(expression: Expr) -> list[str]:
    """Return every label by which an expression groups."""
    found = list[str]()

    def look(part: Expr) -> None:
        if isinstance(part, AggregateExpr) and part.modifier is not None:
            found.extend(part.modifier.labels)

    walk(expression, look)
    return found


def _matches(selector: VectorSelector, labels: Mapping[str, str]) -> bool:
    return all(_fits(one.op, labels.get(one.name, ""), one.value) for one in selector.matchers.matchers)


def _fits(how: MatchOp, value: str, wanted: str) -> bool:
    match how:
        case MatchOp.Equal:
            return value == wanted
        case MatchOp.NotEqual:
            return value != wanted
        case MatchOp.Re:
            return re.fullmatch(wanted, value) is not None
        case _:
            return re.fullmatch(wanted, value) is None


def _latest(selector: VectorSelector, samples: Samples, at: float) -> Vector:
    found = {}
    for labels, points in samples.select(selector):
        recent = [value for instant, value in points if at - STALE < instant <= at]
        if recent:
            found[labels] = recent[-1]
    return found


def _aggregate(expression: AggregateExpr, samples: Samples, at: float) -> Vector:
    modifier, groups = expression.modifier, dict[Labels, list[float]]()
    if modifier is not None and modifier.type is not AggModifierType.By:
        raise NotImplementedError("without")
    kept = set(modifier.labels) if modifier is not None else set()
    for labels, value in _vector(expression.expr, samples, at).items():
        groups.setdefault(frozenset(one for one in labels if one[0] in kept), []).append(value)
    apply = _AGGREGATIONS[str(expression.op)]
    return {labels: apply(values) for labels, values in groups.items()}


def _combine(expression: BinaryExpr, samples: Samples, at: float) -> Vector | float:
    modifier = expression.modifier
    if modifier is not None and (modifier.return_bool or modifier.matching or not _one_to_one(expression)):
        raise NotImplementedError("bool, on, ignoring and group_left")
    left, right = evaluate(expression.lhs, samples, at=at), evaluate(expression.rhs, samples, at=at)
    name = str(expression.op)
    if isinstance(left, float) and isinstance(right, float):
        return _ARITHMETIC[name](left, right)
    if name == "and":
        return {labels: value for labels, value in _as_vector(left).items() if labels in _as_vector(right)}
    pairs = _paired(left, right)
    if name in _ARITHMETIC:
        return {labels: _ARITHMETIC[name](one, other) for labels, (one, other) in pairs.items()}
    return {labels: one for labels, (one, other) in pairs.items() if _COMPARISONS[name](one, other)}


def _one_to_one(expression: BinaryExpr) -> bool:
    kinds = (VectorMatchCardinality.OneToOne, VectorMatchCardinality.ManyToMany)
    return expression.modifier is None or expression.modifier.card in kinds


def _paired(left: Vector | float, right: Vector | float) -> dict[Labels, tuple[float, float]]:
    if isinstance(left, float):
        return {labels: (left, value) for labels, value in _as_vector(right).items()}
    if isinstance(right, float):
        return {labels: (value, right) for labels, value in left.items()}
    return {labels: (value, right[labels]) for labels, value in left.items() if labels in right}


def _call(expression: Call, samples: Samples, at: float) -> Vector:
    name, arguments = expression.func.name, expression.args
    match name:
        case "absent":
            return {} if _vector(arguments[0], samples, at) else {frozenset(): 1.0}
        case "histogram_quantile":
            wanted = evaluate(arguments[0], samples, at=at)
            assert isinstance(wanted, float)
            return _quantiles(wanted, _vector(arguments[1], samples, at))
        case "increase" | "rate" | "delta":
            return _over_time(name, arguments[0], samples, at)
    raise NotImplementedError(name)


def _over_time(name: str, argument: Expr, samples: Samples, at: float) -> Vector:
    """Return the change of each series, without the extrapolation to the ends that Prometheus makes."""
    assert isinstance(argument, MatrixSelector)
    seconds, found = argument.range.total_seconds(), {}
    for labels, points in samples.select(argument.vector_selector):
        values = [value for instant, value in points if at - seconds < instant <= at]
        if len(values) > 1:
            changes = [new - old for old, new in pairwise(values)]
            resets = name != "delta"
            grown = math.fsum(
                new if resets and change < 0 else change
                for change, new in zip(changes, values[1:], strict=True)
            )
            found[labels] = grown / seconds if name == "rate" else grown
    return found


def _quantiles(wanted: float, buckets: Vector) -> Vector:
    groups: dict[Labels, list[tuple[float, float]]] = {}
    for labels, count in buckets.items():
        (bound,) = (float(value) for name, value in labels if name == "le")
        rest = frozenset(one for one in labels if one[0] != "le")
        groups.setdefault(rest, []).append((bound, count))
    found = {labels: _quantile(wanted, sorted(counts)) for labels, counts in groups.items()}
    return {labels: value for labels, value in found.items() if not math.isnan(value)}


def _quantile(wanted: float, counts: list[tuple[float, float]]) -> float:
    """Return the value below which that part of the observations lies, linear within its bucket."""
    total = counts[-1][1]
    if not total:
        return math.nan
    below, lower = 0.0, 0.0
    for bound, count in counts:
        if count >= wanted * total:
            if math.isinf(bound):
                return lower
            return lower + (bound - lower) * (wanted * total - below) / (count - below)
        below, lower = count, bound
    return lower


def _vector(expression: Expr, samples: Samples, at: float) -> Vector:
    return _as_vector(evaluate(expression, samples, at=at))


def _as_vector(value: Vector | float) -> Vector:
    assert not isinstance(value, float)
    return value
