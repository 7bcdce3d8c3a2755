"""What a mutant is, wherever it was made."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Mutant:
    """One change of one module: at ``place``, ``was`` becomes ``now``."""

    module: str  # posenc.functional._rotary
    place: str  # Rope.rotate, or the name that is bound
    was: str  # the changed lines, without their margins
    now: str
    nth: int = 1  # of those that read alike
    kind: str = field(default="body", compare=False)  # body, default, class or module
    # of the function, the class or the module: a test must reach one of them
    lines: tuple[int, int] = field(default=(1, 10**6), compare=False)
    source: str = field(default="", compare=False, repr=False)

    @property
    def key(self) -> str:
        """The same from run to run, wherever in its function the line stands."""
        again = f" ({self.nth})" if self.nth > 1 else ""
        return f"{self.module}:{self.place}: {self.was} -> {self.now or 'nothing'}{again}"
