"""Which statements of a notebook an answer needs: those that make its names what they are.

An answer needs a few lines of its notebook and never its pictures or its trainings, so that only
those lines are run, in the order of the notebook: what was deleted, doubled or moved elsewhere
does not matter to it.
"""

import ast
import builtins
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from posenc.course.grade.inside.effects import SETTINGS, wholes
from posenc.course.grade.inside.statements import DEFINES, Statement, Unread, statements

Where = tuple[int, int]  # 0 the lesson or 1 the submission, and the number of the statement


@dataclass(frozen=True)
class State:
    """A notebook at some time: how many of its statements are run, and which of them are not."""

    until: int
    without: frozenset[int] = frozenset()
    as_told: bool = True  # with the lesson's settings, where the submission makes none of them
    widely: bool = False  # with statements that change an object by way of another one, too


class Book:
    """The statements of a submission and of its lesson."""

    def __init__(self, cells: list[str], lesson: list[str]) -> None:
        self.unread: list[Unread]
        given, self.unread = statements(cells, "cell")
        told = _told(tuple(lesson))
        context = _Context([*given, *told])
        self.given = [context.whole(one) for one in given]
        self.lesson = [context.whole(one) for one in told]
        self.settings = self._told()

    def _told(self) -> list[Where]:
        """Return the lesson's settings, with their imports; none where the submission has them."""
        sets = [n for n, one in enumerate(self.lesson) if SETTINGS in one.touches()]
        own = {_text(one) for one in self.given}
        if all(self.lesson[n].is_seed or _text(self.lesson[n]) in own for n in sets):
            return []
        needs = set[str]().union(*(self.lesson[n].needs for n in sets))
        imports = [n for n, one in enumerate(self.lesson) if one.is_fixed and one.binds & needs]
        return [(0, n) for n in sets + imports]

    def needed(self, names: Iterable[str], state: State) -> list[Where]:
        """Return the statements that make the names what they are then, in order."""
        todo, done = [*names, SETTINGS], set[str]()
        chosen: set[Where] = set()
        while todo:
            name = todo.pop()
            if name in done:
                continue
            done.add(name)
            for where in self._making(name, state):
                chosen.add(where)
                todo += () if self.at(where).is_seed else self.at(where).needs
        return sorted(chosen)

    def at(self, where: Where) -> Statement:
        """Return a statement."""
        return (self.lesson, self.given)[where[0]][where[1]]

    def _making(self, name: str, state: State) -> Collection[Where]:
        """Return the statements that make a name what it is.

        A name that the submission does not bind is taken from the lesson: it may have been in a
        cell that was deleted.
        """
        told = [(0, n) for n, one in enumerate(self.lesson) if name in one.touches(state.widely)]
        own = [(1, n) for n, one in enumerate(self.given[: state.until])
               if name in one.touches(state.widely) and n not in state.without]  # fmt: skip
        if name == SETTINGS:
            return [*self.settings, *own] if state.as_told else own
        if not any(name in self.at(where).binds for where in own):
            own = [*told, *own]
        binding = [self.at(where) for where in own if name in self.at(where).binds]
        if binding and all(one.is_fixed for one in binding):  # math.sqrt(2) does not change math
            own = [where for where in own
                   if name in self.at(where).binds | self.at(where).stores]  # fmt: skip
        return own if binding or not hasattr(builtins, name) else []


def _text(statement: Statement) -> str:
    return ast.unparse(statement.node)


@lru_cache(4)
def _told(lesson: tuple[str, ...]) -> list[Statement]:
    return statements(lesson, "the lesson's cell")[0]


class _Context:
    """What a statement changes by way of the others: through functions, and by other names."""

    def __init__(self, all_of_them: list[Statement]) -> None:
        self.later = _later(all_of_them)
        defined = [one for one in all_of_them if isinstance(one.node, DEFINES)]
        self.defined = {name for one in defined for name in one.binds}
        self.fills = {name for one in defined if one.effects[1].fills for name in one.binds}
        self.part_of = {pair for one in all_of_them for pair in one.effects[0].part_of
                        if pair[1] not in self.defined}  # fmt: skip

    def whole(self, one: Statement) -> Statement:
        """Return the statement with all that it changes."""
        first, _ = one.effects
        changes = set(one.changes).union(*(self.later.get(name, ()) for name in first.reads))
        filled = {given for function, given, alone in first.hands
                  if function in self.fills or alone and function not in self.defined}  # fmt: skip
        widely = wholes(changes | one.stores | filled, self.part_of) - self.defined
        return replace(one, changes=changes, widely=widely)


def _later(all_of_them: list[Statement]) -> dict[str, set[str]]:
    """Return what is bound and changed where a name is called, by what that calls, too."""
    found: dict[str, set[str]] = {}
    grew = True
    while grew:
        grew = False
        for one in all_of_them:
            more = set(one.later).union(*(found.get(name, ()) for name in one.needs))
            for name in one.binds if more else ():
                known = found.setdefault(name, set())
                grew |= not more <= known
                known |= more
    return found
