"""From pytest-benchmark's JSON to BENCHMARKS.md: `python report.py FILE BENCHMARKS.md`."""

import json
import platform
import sys
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

PACKAGES = ("torch", "transformers", "x-transformers", "rotary-embedding-torch",
            "positional-encodings")  # fmt: skip
HEAD = """# What it costs

Made by `make bench`: do not edit. {machine}; {cores} cores; Python {python}; {packages}. {date}.
{load}

How to read it: all of a column were run by turns in one process. The first row is the base, in
milliseconds; the others are **divided by the base of the same round**: the median, and in
brackets the tenth and ninetieth percentile. With one thread ("1 thr.") the clock is the
process's own, with all of them the one on the wall. Ratios travel better than times, and on
another machine both differ. Device: {device}."""


def told(number):
    """Three figures at most."""
    return f"{number:.{2 if number < 10 else 1 if number < 100 else 0}f}"


def cell(row, base):
    if row is None:
        return ""
    if base:
        return f"{row['ms']:.3g} ms"
    return f"{told(row['ratio'])} ({told(row['low'])}–{told(row['high'])})"


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def part(races):
    """One table: a column for each race, a row for each contestant."""
    names = list(dict.fromkeys(name for race in races for name in race["rows"]))
    based = "ms" in races[0]["rows"][names[0]] and races[0]["rows"][names[0]]["ratio"] == 1
    rows = [[name, *(cell(race["rows"].get(name), based and name == names[0]) for race in races)]
            for name in names]  # fmt: skip
    header = ["", *dict.fromkeys(race["column"] for race in races)]
    if len(header) != len(races) + 1:  # races of one column: a row each
        rows = [[name, cell(row, False)] for race in races for name, row in race["rows"].items()]
    return [table(header, rows), *further(races, names)]


def further(races, names):
    """Tables of what else was measured: errors, memory."""
    for label, title, shown in (("error", "Largest error at positions up to 10⁶", "{:.1e}"),
                                ("MiB", "Peak memory in MiB", "{:.1f}")):  # fmt: skip
        having = [race for race in races if any(label in row for row in race["rows"].values())]
        if having:
            rows = [[name, *(shown.format(race["rows"][name][label])
                             if label in race["rows"].get(name, {}) else "" for race in having)]
                    for name in names]  # fmt: skip
            yield f"{title}:"
            yield table(["", *(race["column"] for race in having)],
                        [row for row in rows if any(row[1:])])  # fmt: skip


def goals(races):
    rows = []
    for race in races:
        where = ", ".join(filter(None, (race["about"].splitlines()[0], race["part"],
                                        race["column"])))  # fmt: skip
        for name, (goal, found) in race["goals"].items():
            rows.append([where, name, f"≤ {goal}", told(found), "yes" if found <= goal else "no"])
    return table(["where", "what", "goal", "measured", "met"], rows)


def load(made):
    low, high = (told(each) for each in made)
    return (f"The load was {low} before and {high} after. What is beyond 1 were other programs, "
            "which shared memory, caches and, with all threads, the processor.")  # fmt: skip


def document(data):
    races = [each["extra_info"] for each in data["benchmarks"]]
    info = data["machine_info"]
    text = [HEAD.format(
        machine=info["cpu"].get("brand_raw", platform.machine()), cores=info["cpu"]["count"],
        python=info["python_version"], date=data["datetime"][:10], device=races[0]["device"],
        packages=", ".join(f"{name} {version(name)}" for name in PACKAGES),
        load=load((races[0]["load"], races[-1]["load"])),
    )]  # fmt: skip
    text += ["## Goals", goals(races)]
    for about, some in groupby(races, key=lambda race: race["about"]):
        title, _, words = about.partition("\n\n")
        text += [f"## {title}", words.strip()]
        for name, few in groupby(some, key=lambda race: race["part"]):
            text += [*([f"### {name}"] if name else []), *part(list(few))]
    return "\n\n".join(text) + "\n"


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:])
    text = document(json.loads(source.read_text(encoding="utf-8")))
    target.write_text(text, encoding="utf-8")
    print(text)
