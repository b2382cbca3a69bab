"""Commands whose parameters keep the text that was typed, where Typer would load Pydantic to do so."""

import inspect
from collections.abc import Callable
from enum import Enum
from functools import cached_property, partial
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args

from typer.core import TyperArgument, TyperCommand, TyperOption

from needlecare.errors import InputError, nearest
from needlecare.options import OPTIONS

# What Typer has nothing to check of, each with what makes it of the text.
_CONVERTED: dict[Any, Callable[[Any], Any]] = {bool: bool, str: str, list[str]: list, Path: Path}


class _AsTyped:
    """A parameter that keeps the text that was typed: Typer has Pydantic do so, whose import doubles the start."""

    convert: Callable[[str], Any] | None = None

    def process_value(self, ctx: Any, value: Any) -> Any:
        """Return *value* as the command takes it; Typer gets what is typed and needs a check, and what is missing."""
        if value is None and not getattr(self, "required", False):
            return None
        if not value or self.convert is None or getattr(self, "callback", None):
            return super().process_value(ctx, value)  # type: ignore[misc]
        return self.convert(value)


class _Option(_AsTyped, TyperOption):
    pass


class _Argument(_AsTyped, TyperArgument):
    pass


def _as_typed(parameter: Any, annotation: Any) -> Any:
    """Return *parameter*, which Typer has made for this *annotation*, as one that keeps what was typed."""
    made: Any = object.__new__(_Option if isinstance(parameter, TyperOption) else _Argument)
    vars(made).update(vars(parameter))
    kind = next(iter(get_args(annotation)), None)
    if isinstance(kind, UnionType):
        kind = next(one for one in get_args(kind) if one is not NoneType)
    if isinstance(kind, type) and issubclass(kind, Enum):
        made.convert = partial(_choose, kind, parameter.opts[0])
    else:
        made.convert = _CONVERTED.get(kind)
    return made


class KeepsText:
    """Part of a command whose parameters keep the text that was typed."""

    callback: Any

    @cached_property
    def _kept(self) -> dict[str, Any]:
        """The parameters that were made so far, by name: Typer finds one again by its identity."""
        return {}

    @cached_property
    def _annotations(self) -> dict[str, Any]:
        return {name: one.annotation for name, one in inspect.signature(self.callback).parameters.items()}

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, those that Typer adds by itself included."""
        every: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for one in every:
            if one.name not in self._kept:
                self._kept[one.name] = _as_typed(one, self._annotations.get(one.name))
        return [self._kept[one.name] for one in every]


def _choose(kind: type[Enum], option: str, value: str) -> Enum:
    try:
        return kind(value)
    except ValueError:
        known = [str(one.value) for one in kind]
        raise InputError(
            f"{option}: there is no `{value}`{nearest(value, known)}; it is one of {', '.join(known)}"
        ) from None


class Command(KeepsText, TyperCommand):
    """A command about a treatment."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse *args*, in which a day may be written as plans print it."""
        args = _with_days_before(args)
        rest = super().parse_args(ctx, list(args))
        if not ctx.resilient_parsing:
            _refuse_repeats(args)
        return rest


# A second value would replace the first without a word, and may be the looser one.
_ONCE = ("date", "time", *(name for name, one in OPTIONS.items() if one.is_fact and not one.several))


def _with_days_before(args: list[str]) -> list[str]:
    """Take `day -1`, as plans print it, for words: a number there is no option."""
    joined: list[str] = []
    for arg in args:
        if joined and joined[-1].lower() == "day" and arg[:1] == "-" and arg[1:].isdecimal():
            joined[-1] += f" {arg}"
        else:
            joined.append(arg)
    return joined


def _refuse_repeats(args: list[str]) -> None:
    """Refuse what describes the treatment, takes one value and is given twice."""
    options = [arg.partition("=")[0] for arg in args[: args.index("--") if "--" in args else None]]
    for option in (f"--{name}" for name in _ONCE):
        if (count := options.count(option)) > 1:
            raise InputError(f"{option} is given {count} times; it takes one value, give it once")
