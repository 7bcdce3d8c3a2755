"""The sizes that a module is tried with, and the sentences that name them."""

from dataclasses import dataclass

from posenc.check.engine import draws


@dataclass(frozen=True)
class Sizes:
    """What a module is tried with, in the notebook."""

    d: int = 8  # the width
    most: int = 64  # max_len
    texts: int = 3
    few: int = 5  # tokens
    many: int = 70  # texts, more than max_len
    widths: tuple[int, ...] = (12, 4, 20)  # others
    rows: int = 40  # for these
    reach: int = 2100  # tokens; float16 gives two positions one vector from 2049 on
    half: int = 600  # bfloat16 does from 257 on
    short: int = 16  # a max_len that is exceeded
    even: int = 6  # a width that is no multiple of 4
    dropout: float = 0.5

    @property
    def words(self) -> str:
        """The longest call in words."""
        return f"{self.most} tokens with max_len={self.most}"


def _drawn(draw: draws.Draw) -> list[Sizes]:
    d, most = draw.one_of(8, 12, 16), draw.near(64, 5, 2)
    return [
        Sizes(
            d=d,
            most=most,
            texts=draw.near(3, 1),
            few=draw.one_of(5, 7, 9),
            many=most + 6,
            widths=draw.shuffled((d + draw.one_of(4, 8), 4, d + draw.one_of(12, 16))),
            rows=draw.near(40, 6),
            reach=draw.near(2100, 40),
            half=draw.near(600, 80),
            short=draw.near(16, 3),
            even=draw.one_of(6, 10, 14),
            dropout=draw.one_of(0.5, 0.4, 0.6),
        )
    ]


SIZES = draws.Drawn("positional_module", _drawn)


def tried() -> Sizes:
    """Return the sizes that count here and now."""
    sizes: Sizes = SIZES[0]
    return sizes


def sentences(sizes: Sizes) -> dict[str, str]:
    """Return what is said of the slips that show at one size."""
    over = f"{sizes.short + 1} tokens with max_len={sizes.short}"
    return {
        "not-cut": f"{sizes.few} tokens do not fit a table of {sizes.most} rows. Cut the table to "
        "x.shape[1] rows.",
        "swapped-arguments": f"d_model and max_len are swapped. ({sizes.d}, max_len={sizes.most}) "
        f"asks for {sizes.most} rows with {sizes.d} channels.",
        "length": f"{over} fail without a clear reason. Raise a ValueError that states both "
        "lengths.",
        "wraps": f"{over}: the last gets the vector of an earlier one, silently. Raise a "
        "ValueError.",
        "odd-width": f"d_model={sizes.even + 1} leaves one channel without a partner. Raise a "
        "ValueError before the table is filled.",
    }
