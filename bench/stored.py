# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs of a comparison, as bench/compare keeps them: which there are, and which of them count. Judges none."""

import json
import sys


def gather(folder, pattern="*.json"):
    """All runs of a folder, each with its file's name and the name of its turn, which a repeat shares."""
    runs = []
    for path in sorted(folder.glob(pattern)):
        try:
            run = json.loads(path.read_text(encoding="utf-8"))
            for key in ("commit", "kernel", "memory", "load", "squeezer"):
                run[key] = run.get(key) or "unknown"
        except (ValueError, TypeError, AttributeError) as error:
            sys.exit(f"{path}: not a run: {error}")
        runs.append(run | {"file": path.name, "turn_of": path.stem.removesuffix(".repeat")})
    return runs


def counting(runs):
    """The runs that count: of each turn those not disturbed, or else the one that was disturbed least."""
    turns = {}
    for run in runs:
        turns.setdefault(run["turn_of"], []).append(run)
    found = []
    for turn in turns.values():
        found += ([run for run in turn if not run.get("disturbed")]
                  or [min(turn, key=lambda run: run["others_cpu_s"] if run.get("others_cpu_s") is not None
                          else float("inf"))])
    return found
