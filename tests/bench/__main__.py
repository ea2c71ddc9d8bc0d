"""`make bench`: measure and print, never judge. Name benchmarks to run only those."""

import importlib
import platform
import sys

BENCHMARKS = ("rules", "drafting", "latency", "throughput", "report", "start", "openemr", "desk_pages")


def main() -> int:
    """Run the named benchmarks, or all."""
    wanted = sys.argv[1:] or BENCHMARKS
    unknown = set(wanted) - set(BENCHMARKS)
    if unknown:
        sys.stderr.write(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(BENCHMARKS)}\n")
        return 2
    sys.stdout.write(f"{platform.platform()}, Python {platform.python_version()}\n")
    for name in wanted:
        sys.stdout.write(f"\nmeasuring {name} …\n")
        sys.stdout.flush()
        importlib.import_module(f"tests.bench.{name}").table().show()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
