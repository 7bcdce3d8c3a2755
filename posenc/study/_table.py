"""Records as tidy tables: one row is one trained model scored at one length."""

from collections.abc import Iterable, Iterator

import pandas as pd

SETUP = [  # within which a learning rate is chosen
    "encoding", "task", "trained", "steps", "shifted", "d_model", "n_heads", "n_layers",
    "layers", "scale", "device", "dtype", "version",
]  # fmt: skip
SAID = [
    "seconds", "tokens_per_second", "memory_mib",
    "device_name", "capability", "torch", "python", "when", "by_turns",
]  # fmt: skip
NUMBERS = ["accuracy", "loss", "valid_accuracy", "valid_loss", "steps_to_95"]
NUMBERS += ["seconds", "tokens_per_second", "memory_mib"]
WORDS = {"diverged": "NaN", "no answer": "ends", "raised": "raises", "failed": "raises"}


def by_length(records: Iterable[dict]) -> pd.DataFrame:
    """Return a row for each model and length."""
    return _table(_scored(record) for record in records)


def by_position(records: Iterable[dict]) -> pd.DataFrame:
    """Return a row for each model of the text and each position of the longest texts scored."""
    return _table(block for record in records for block in _positions(record))


def _table(blocks: Iterable[dict[str, list]]) -> pd.DataFrame:
    columns: dict[str, list] = {}
    for block in blocks:
        for name, values in block.items():
            columns.setdefault(name, []).extend(values)
    table = pd.DataFrame(columns)
    numbers = [name for name in NUMBERS if name in columns]
    return table.astype(dict.fromkeys(numbers, float))  # None becomes NaN


def _scored(record: dict) -> dict[str, list]:
    """Return the columns of one cell, seeds outermost."""
    made = record["made"]
    seeds, times, trained = made["seeds"], made["times"], made["setting"]["length"]
    rows, each = len(seeds) * len(times), range(len(times))
    return {
        **_repeated(_setup(record), rows),
        "seed": [seed for seed in seeds for _ in each],
        "times": times * len(seeds),
        "length": [round(time * trained) for time in times] * len(seeds),
        **{name: sum(record[name], []) for name in ("accuracy", "loss", "why")},
        **{
            name: [value for value in record[name] for _ in each]
            for name in ("valid_accuracy", "valid_loss", "steps_to_95")
        },
        **_repeated({name: record.get(name) for name in SAID}, rows),
    }


def _positions(record: dict) -> Iterator[dict[str, list]]:
    """Return the columns of one model after the other."""
    for index, losses in enumerate(record.get("by_position") or []):
        if losses:
            same = {**_setup(record), "seed": record["made"]["seeds"][index]}
            same["valid_loss"] = record["valid_loss"][index]
            yield {
                **_repeated(same, len(losses)),
                "position": list(range(len(losses))),
                "loss": losses,
            }


def _setup(record: dict) -> dict[str, object]:
    made = record["made"]
    setting, (_, layers, _, d_model, n_heads, _) = made["setting"], made["model"]
    return {
        "encoding": made["encoding"],
        "task": made["task"],
        "lr": setting["lr"],
        "trained": setting["length"],
        "steps": setting["steps"],
        "shifted": made["shift"],
        "d_model": d_model,
        "n_heads": n_heads,
        "n_layers": layers,
        "layers": ", ".join(made.get("layers", ())),
        **{name: made[name] for name in ("scale", "device", "dtype", "version")},
    }


def _repeated(same: dict[str, object], rows: int) -> dict[str, list]:
    return {name: [value] * rows for name, value in same.items()}


# --- reading a table ------------------------------------------------------------------------


def best(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of each encoding's best learning rate, by the loss on a validation draw.

    The draw is of the trained length, and none of the test's. A rate at which one seed
    diverged comes after those at which none did.

    >>> rows = dict.fromkeys(SETUP, 0) | {"seed": 0}
    >>> table = pd.DataFrame([{**rows, "lr": r, "valid_loss": r} for r in (0.3, 0.1)])
    >>> best(table)["lr"].tolist()
    [0.1]
    """
    setup = [name for name in SETUP if name in table]
    models = table.drop_duplicates([*setup, "lr", "seed"]).fillna({"valid_loss": float("inf")})
    rates = models.groupby([*setup, "lr"], sort=False)["valid_loss"].mean().reset_index()
    chosen = rates.loc[rates.groupby(setup, sort=False)["valid_loss"].idxmin(), [*setup, "lr"]]
    return table.merge(chosen, on=[*setup, "lr"])


def summary(table: pd.DataFrame, measure: str = "accuracy") -> pd.DataFrame:
    """Return a row for each encoding, task and length: the seeds at the best learning rate.

    ``low``, ``mean``, ``high`` are of the seeds; NaN in one seed makes them NaN, and
    ``missing`` counts such seeds; ``word`` says what they have in place of a number, as
    :func:`answers` does. ``rates_low`` and ``rates_high`` are the lowest and the highest mean
    over the learning rates tried.
    """
    where = [*(name for name in SETUP if name in table), "times", "length"]
    chosen = best(table)
    found = _spread(chosen, [*where, "lr"], measure).rename(columns={"size": "seeds"})
    found["word"] = _words(chosen, [*where, "lr"], measure)
    means = _spread(table, [*where, "lr"], measure)
    rates = _spread(means, where, "mean")[[*where, "low", "high"]]
    return found.merge(rates.rename(columns={"low": "rates_low", "high": "rates_high"}), on=where)


def answers(table: pd.DataFrame, measure: str = "accuracy") -> pd.Series:
    """Return each row's number, or the word for why there is none.

    "ends": a table that holds no such positions; "NaN": a loss that is not finite; "raises":
    an exception in the class, at this length or in the training. ``why`` has the details.

    >>> rows = {"accuracy": [0.5, float("nan")], "why": ["", "no answer: it holds 16"]}
    >>> answers(pd.DataFrame(rows)).tolist()
    [0.5, 'ends']
    """
    numbers = table[measure]
    why = table["why"] if "why" in table else pd.Series("", index=table.index)
    words = why.str.partition(":")[0].map(WORDS).fillna("NaN")
    return numbers.astype(object).where(numbers.notna(), words)


def _words(table: pd.DataFrame, where: list[str], measure: str) -> list[str]:
    """Return the word of each group's first seed without a number, "" where there is none."""
    groups = table.assign(answer=answers(table, measure)).groupby(where, sort=False)["answer"]
    return [next((x for x in rows if isinstance(x, str)), "") for _, rows in groups]


def failed(table: pd.DataFrame) -> pd.Series:
    """Return which rows are of cells that could not be trained."""
    return table["why"].str.startswith("failed: ")


def by_turns(table: pd.DataFrame) -> str:
    """Return which encodings were trained seed by seed and why, or ""."""
    rows = table[table["by_turns"].fillna("") != ""].drop_duplicates("encoding")
    return "\n".join(
        f"{row.encoding} was trained one seed at a time, because all seeds at once are refused "
        f"({row.by_turns}): its seconds and tokens per second do not compare with the others'"
        for row in rows.itertuples()
    )


def _spread(table: pd.DataFrame, where: list[str], measure: str) -> pd.DataFrame:
    """Return size, missing, low, mean, high of a measure; one that is missing makes all NaN."""
    found = table.groupby(where, sort=False)[measure].agg(["size", "count", "min", "mean", "max"])
    found = found.rename(columns={"min": "low", "max": "high"})
    found.insert(1, "missing", found["size"] - found.pop("count"))
    found.loc[found["missing"] > 0, ["low", "mean", "high"]] = float("nan")
    return found.reset_index()
