"""Prints the CPU time of each run in records: python3 examples/read_records.py run.jsonl"""

import json
import sys


def main(path: str) -> None:
    with open(path, encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if record["kind"] == "summary":
                print(f"CPU {record['cpu_seconds']:.3f} s, exit code {record['exit_code']}")


if __name__ == "__main__":
    main(sys.argv[1])
