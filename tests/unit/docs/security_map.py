"""The map of OWASP ASVS in docs/security.yaml; `python -m tests.unit.docs.security_map` writes it into security.md."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
MAP = ROOT / "docs" / "security.yaml"
DOCUMENT = ROOT / "docs" / "security.md"
MARK = "<!-- What follows is written by `python -m tests.unit.docs.security_map`; change security.yaml instead. -->\n"
CHAPTERS = (
    "Encoding",
    "Validation and rules",
    "Web pages",
    "API",
    "Files",
    "Authentication",
    "Sessions",
    "Authorisation",
    "Signed tokens",
    "OAuth and OIDC",
    "Cryptography",
    "Communication",
    "Configuration",
    "Data",
    "Code and components",
    "Logs and errors",
    "WebRTC",
)


@dataclass(frozen=True, slots=True)
class Row:
    id: str
    level: int
    state: str
    subject: str
    by: Sequence[str] = ()
    """Tests as path::name, documents and code as paths."""
    why: str = ""
    """What is missing, or why it does not apply."""

    @property
    def chapter(self) -> int:
        return int(self.id.split(".")[0])

    @property
    def applies(self) -> bool:
        return self.state != "n/a"

    @property
    def tests(self) -> list[str]:
        return [each for each in self.by if "::" in each]


def read_map() -> list[Row]:
    return [Row(name, **fields) for name, fields in yaml.safe_load(MAP.read_text()).items()]


def share_tested(rows: list[Row]) -> float:
    """The part of the applicable requirements that an automatic test checks."""
    applicable = [row for row in rows if row.applies]
    return sum(bool(row.tests) for row in applicable) / len(applicable)


def rendered(rows: list[Row]) -> str:
    count = Counter(row.state for row in rows)
    summary = (
        f"{len(rows)} requirements: {count['met']} met, {count['partly']} in part, {count['not']} not, "
        f"{count['n/a']} do not apply. An automatic test checks {share_tested(rows):.0%} of those that apply."
    )
    parts = [summary, _lacking("Not met", rows, "not"), _lacking("Met in part", rows, "partly")]
    for number, title in enumerate(CHAPTERS, 1):
        parts.append(_table(f"{number} {title}", [row for row in rows if row.chapter == number]))
    return "\n\n".join(parts) + "\n"


def _lacking(title: str, rows: list[Row], state: str) -> str:
    lines = [f"- **{row.id}** {row.subject}: {row.why}" for row in rows if row.state == state]
    return f"### {title}\n" + "\n".join(lines)


def _table(title: str, rows: list[Row]) -> str:
    lines = [f"### {title}", "| id | level | about | state | by | remark |", "|---|---|---|---|---|---|"]
    for row in rows:
        by = "<br>".join(f"`{each}`" for each in row.by)
        lines.append(f"| {row.id} | {row.level} | {row.subject} | {row.state} | {by} | {row.why} |")
    return "\n".join(lines)


if __name__ == "__main__":
    DOCUMENT.write_text(DOCUMENT.read_text().partition(MARK)[0] + MARK + rendered(read_map()))
