# SPDX-License-Identifier: GPL-2.0-or-later
"""What every measurement in the machine needs: to build before, to boot it for runs that were planned, to tell whether
the host was doing something else meanwhile, and to keep each run. Knows no measurement."""

import argparse
import json
import os
import pathlib
import platform
import queue
import subprocess
import threading
import time
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
LICENCE = "SPDX-License-Identifier: GPL-2.0-or-later"
HEARTBEAT_S = 15
DISTURBED_SHARE = 0.05  # of one processor, by others than the machine, from which a run counts as disturbed
# That this machine's release of Debian has, its usual one first.
KERNELS = ["6.1", "6.12"] if platform.freedesktop_os_release().get("VERSION_CODENAME") == "bookworm" else ["6.12"]


def some(*known):
    """Arguments of argparse for an option that takes several of the words that are known."""
    def of(text):
        chosen = text.replace(",", " ").split()
        unknown = [word for word in chosen if word not in known]
        if unknown or not chosen:
            raise argparse.ArgumentTypeError(f"{' '.join(unknown) or 'nothing'}: not one of {' '.join(known)}")
        return chosen
    return {"type": of, "help": " ".join(known)}


def stat_of(pid):
    """What /proc/PID/stat says of a process from its state on."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def host_cpu_s():
    """Processor time, in seconds, that everything except our QEMU took of this host so far, with stolen time.

    The processes' own times and those of their children that have ended: /proc/stat counts by whole ticks, and is some
    15 % above them under load.
    """
    ticks = int(pathlib.Path("/proc/stat").read_text().split()[8])
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            stat = stat_of(folder.name)
            # a child of testbed/run, which is ours
            if not (b"/qemu-system" in (folder / "cmdline").read_bytes() and int(stat_of(stat[1])[1]) == os.getpid()):
                ticks += sum(map(int, stat[11:15]))
        except (OSError, IndexError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def lines_of(command, env, what):
    """Lines that a command prints; says what() it is at every HEARTBEAT_S without one. Raises if it fails."""
    arrived = queue.Queue()
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True) as process:
        def read():
            for line in process.stdout:
                arrived.put(line.rstrip("\n"))
            arrived.put(None)
        threading.Thread(target=read, daemon=True).start()
        begun = shown = time.monotonic()
        try:
            while True:
                try:
                    line = arrived.get(timeout=1)
                except queue.Empty:
                    if time.monotonic() - shown >= HEARTBEAT_S:
                        shown = time.monotonic()
                        print(f"  … {what()} (for {shown - begun:.0f} s)", flush=True)
                    continue
                if line is None:
                    break
                begun = shown = time.monotonic()
                yield line
        finally:
            process.terminate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit status {process.returncode}")


def build():
    """What the machine has in it: installed once, and the cache kept for the next time."""
    for line in lines_of(["bench/payload"], None,
                         lambda: "building daemon and modules (some five minutes the first time)"):
        print(line, flush=True)
    for line in lines_of(["testbed/image/build"], None, lambda: "building the machine (three minutes the first time)"):
        print(line, flush=True)


def commit_of_tree():
    """The commit that is measured; where the tree differs from it, in more than pages, with a number for how."""
    def git(*arguments):
        return subprocess.run(["git", *arguments], cwd=ROOT, text=True, stdout=subprocess.PIPE, check=True).stdout.strip()

    changed = git("diff", "HEAD", "--", ".", ":!docs", ":!README.md")
    number = f"-dirty-{zlib.crc32(changed.encode()):08x}" if changed else ""
    return git("rev-parse", "--short", "HEAD") + number


def runs_of_boot(scenario, settings, env):
    """Boots the machine for a scenario, and yields each run that it prints: an object, one a line, which says whether
    others disturbed it (others_cpu_s, disturbed). Prints the other lines.

    settings: {name: text} of the files that the scenario reads in /etc/SCENARIO. env: for testbed/run. Raises
    RuntimeError, with the last check that failed.
    """
    folder = ROOT / "build/payload/etc" / scenario
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in settings.items():
        (folder / name).write_text(f"{text}\n")
    env = {**os.environ, "PAYLOAD": str(ROOT / "build/payload"), **env}
    doing, failed = "booting", ""
    cpu_s = began = 0.0
    try:
        for line in lines_of(["testbed/run", scenario], env, lambda: doing):
            if line.startswith("# begins: "):
                doing = line.removeprefix("# begins: ")
                cpu_s, began = host_cpu_s(), time.monotonic()
            if line.startswith("not ok - "):
                failed = f": {line}"
            if not line.startswith("{"):
                print(line, flush=True)
                continue
            run = json.loads(line)
            run["others_cpu_s"] = round(host_cpu_s() - cpu_s, 2)
            run["disturbed"] = run["others_cpu_s"] > DISTURBED_SHARE * (time.monotonic() - began)
            yield run
    except RuntimeError as error:
        raise RuntimeError(f"{error}{failed}") from error


def save(path, run, commit):
    """Writes a run to its file, whole or not at all; a second one of the same turn beside the first."""
    if path.exists():
        path = path.with_suffix(".repeat.json")
    torn = path.with_suffix(".part")
    torn.write_text(json.dumps({"licence": LICENCE, "commit": commit, **run}) + "\n")
    torn.rename(path)


def is_done(path):
    """A run that was disturbed is repeated once."""
    if not path.exists():
        return False
    return not json.loads(path.read_text())["disturbed"] or path.with_suffix(".repeat.json").exists()


def check_commits(folder, commit):
    """Runs of another commit say nothing about this one: --keep is for who wants both in a table."""
    others = {json.loads(path.read_text())["commit"] for path in folder.glob("*.json")} - {commit}
    if others:
        raise SystemExit(f"{folder} has runs of {', '.join(sorted(others))}, and this is {commit}: another folder (--out)"
                         " would be right, or --keep, to have both in one table")
