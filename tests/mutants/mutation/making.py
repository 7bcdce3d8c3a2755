"""Mutants of a module's source: mutmut's operators, without what no test should hold.

Left out, each for its reason:
- annotations, decorators, imports, `assert`: they are for the type checker and the import;
- all inside `raise`: the words of a message are held where they matter;
- the fields of a dataclass: their defaults live in an `__init__` that no source shows;
- a second and third change of one string: `"XX…XX"` is enough;
- `strict=` of `zip`: a guard against ourselves;
- one of two changes of an argument: given by name it is taken away, by place it becomes None
  (the other change nearly always raises at once, or does the same);
- what only says how a figure looks (``LOOKS``) or a thing is called: these are judged by eye.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from .mutant import Mutant

UNTOUCHED = (
    cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom, cst.Assert, cst.Raise,
)  # fmt: skip
# fmt: off
LOOKS = frozenset((
    "alpha", "aspect", "bbox", "borderpad", "capstyle", "clip_on", "color", "colors",
    "columnspacing", "edgecolor", "edgecolors", "facecolor", "facecolors", "family", "fontfamily",
    "fontsize", "fontweight", "fraction", "frameon", "h_pad", "ha", "handlelength",
    "handletextpad", "height_ratios", "horizontalalignment", "joinstyle", "labelpad",
    "labelspacing", "length", "linewidth", "linewidths", "markeredgecolor", "markeredgewidth",
    "markersize", "mec", "mew", "pad", "rotation", "shrink", "solid_capstyle", "va",
    "verticalalignment", "w_pad", "weight", "width_ratios", "zorder",
))
# fmt: on
GUARDS = frozenset({"strict"})
# settings and styles; what readers are told of a class; names for `import *`
LEFT_OUT = frozenset({"RC", "_STYLES", "label", "paper", "__all__"})


def mutants_of(path: Path, name: str) -> list[Mutant]:
    """Return every mutant of a file, in the order of its lines."""
    wrapper = MetadataWrapper(cst.parse_module(path.read_text(encoding="utf-8")))
    finder = _Finder(wrapper)
    wrapper.module.visit(finder)
    return list(_named(wrapper, name, finder.found))


def _named(wrapper: MetadataWrapper, name: str, found: list["_Found"]) -> Iterator[Mutant]:
    """Give each change its texts; those that change nothing are none."""
    whole = wrapper.module.bytes
    spans = wrapper.resolve(ByteSpanPositionProvider)
    seen: Counter[tuple[str, str, str]] = Counter()
    for it in found:
        start, end = spans[it.old].start, spans[it.old].start + spans[it.old].length
        left, right = whole.rfind(b"\n", 0, start) + 1, (whole + b"\n").find(b"\n", end)
        blank = whole[start:end][: -len(whole[start:end].lstrip())]
        text = blank + _bare(wrapper.module, it.new)
        was, now = _difference(whole[left:right], whole[left:start] + text + whole[end:right])
        if was == now:
            continue
        seen[it.place, was, now] += 1
        source = (whole[:start] + text + whole[end:]).decode()
        nth = seen[it.place, was, now]
        yield Mutant(name, it.place, was, now, nth, it.kind, it.lines, source)


def _bare(module: cst.Module, node: cst.CSTNode) -> bytes:
    """Return a node's code without the parentheses and blanks that its place has already."""
    if getattr(node, "lpar", ()):
        node = node.with_changes(lpar=(), rpar=())
    return module.code_for_node(node).strip().encode()


def _difference(before: bytes, after: bytes) -> tuple[str, str]:
    """Return the lines that differ, without their margins, each text on one line."""
    old, new = ([line.strip() for line in text.decode().splitlines()] for text in (before, after))
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return " ".join(old), " ".join(new)


@dataclass(frozen=True)
class _Found:
    old: cst.CSTNode
    new: cst.CSTNode
    kind: str
    place: str
    lines: tuple[int, int]


class _Finder(cst.CSTVisitor):
    """Walks a module and notes what each operator would make of each node."""

    def __init__(self, wrapper: MetadataWrapper) -> None:
        self.positions = wrapper.resolve(PositionProvider)
        self.above: list[cst.CSTNode] = []
        self.found: list[_Found] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, UNTOUCHED) or _only_looks(node):
            return False
        self.above.append(node)
        if where := self._where():
            self.found += [_Found(node, new, *where) for new in _changes(node)]
        return True

    def on_leave(self, node: cst.CSTNode) -> None:
        if self.above and self.above[-1] is node:
            self.above.pop()

    def _where(self) -> tuple[str, str, tuple[int, int]] | None:
        """Return kind, place and lines of what is being visited, if it can be planted."""
        names: list[str] = []
        lines = 1, 10**6
        for node, inner in zip(self.above, [*self.above[1:], None], strict=True):
            if isinstance(node, cst.ClassDef):
                names.append(node.name.value)
                lines = self.positions[node].start.line, self.positions[node].end.line
            elif isinstance(node, cst.FunctionDef):
                place = ".".join([*names, node.name.value])
                span = self.positions[node]
                kind = "body" if inner is node.body else "default"
                return kind, place, (span.start.line, span.end.line)
            elif isinstance(node, cst.Assign | cst.AnnAssign) and not self._in_dataclass():
                kind = "class" if names else "module"
                bound = ",".join(sorted(_bound(node)))
                return (kind, ".".join([*names, bound]), lines) if bound else None
        return None

    def _in_dataclass(self) -> bool:
        classes = [node for node in self.above if isinstance(node, cst.ClassDef)]
        said = [cst.Module([]).code_for_node(d) for node in classes for d in node.decorators]
        return any("dataclass" in text for text in said)


def _bound(node: cst.Assign | cst.AnnAssign) -> set[str]:
    """Return the names that an assignment binds, if it says more than how figures look."""
    targets = [t.target for t in node.targets] if isinstance(node, cst.Assign) else [node.target]
    whole = [e.value for t in targets if isinstance(t, cst.Tuple) for e in t.elements] + targets
    names = {target.value for target in whole if isinstance(target, cst.Name)}
    return set() if names & LEFT_OUT else names


def _only_looks(node: cst.CSTNode) -> bool:
    return (
        isinstance(node, cst.Arg)
        and node.keyword is not None
        and node.keyword.value in LOOKS | GUARDS
    )


def _changes(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind) and not _always_an_error(node):
            made = list(operator(node))
            if isinstance(node, cst.SimpleString):
                made = made[:1]
            yield from (new for new in made if not _left_out(node, new))


def _always_an_error(node: cst.CSTNode) -> bool:
    """Whether a call is of `len` or `isinstance`: with other arguments, it only raises."""
    return isinstance(node, cst.Call) and getattr(node.func, "value", "") in ("len", "isinstance")


def _left_out(old: cst.CSTNode, new: cst.CSTNode) -> bool:
    """Whether a call's arguments changed as the head of this module says they need not."""
    if not isinstance(old, cst.Call) or not isinstance(new, cst.Call) or new.func is not old.func:
        return False
    kept = set(map(id, new.args))
    gone = [arg for arg in old.args if id(arg) not in kept]
    taken_away = len(new.args) < len(old.args)
    by_name = [arg.keyword is not None or bool(arg.star) for arg in gone]
    return bool(gone) and (all(map(_only_looks, gone)) or by_name != [taken_away])
