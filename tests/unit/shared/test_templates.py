"""Templates are compiled once for all environments of a process, and again when they have changed."""

from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader

from shared.web.compiled_templates import CompiledTemplates


class Counting(Environment):
    """Knows how often something was compiled."""

    compiled: list[str]

    def _compile(self, source: str, filename: str) -> CodeType:
        self.compiled.append(Path(filename).name)
        return super()._compile(source, filename)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []
    monkeypatch.setattr(Counting, "compiled", names, raising=False)
    return names


def environment(folder: Path, cache: CompiledTemplates, **globals_: Any) -> Environment:
    made = Counting(loader=FileSystemLoader(folder), bytecode_cache=cache, autoescape=True)
    made.globals.update(globals_)
    return made


def test_a_second_environment_compiles_nothing_again_and_says_its_own_words(
    tmp_path: Path, compiled: list[str]
) -> None:
    (tmp_path / "page.html").write_text("{{ greeting }}, {{ name }}")
    cache = CompiledTemplates()
    said = [
        environment(tmp_path, cache, greeting=greeting).get_template("page.html").render(name="<b>")
        for greeting in ("Bon dia", "Buenos días")
    ]
    assert said == ["Bon dia, &lt;b&gt;", "Buenos días, &lt;b&gt;"]
    assert compiled == ["page.html"]


def test_a_template_that_has_changed_is_compiled_again(tmp_path: Path, compiled: list[str]) -> None:
    page = tmp_path / "page.html"
    cache = CompiledTemplates()
    for text in ("before", "after"):
        page.write_text(text)
        assert environment(tmp_path, cache).get_template("page.html").render() == text
    assert compiled == ["page.html", "page.html"]
