"""The house rules that import-linter cannot see, read from the syntax trees of a source tree.

Every rule takes the root of a tree and answers with its faults, one line each; `test_rules.py` plants each fault once.
"""

import ast
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

PACKAGES = ("services", "shared", "deploy")
SERVICES = ("registration", "notifications", "feedback", "proposals")
ROOMS = ("README.md", "app.py", "settings.py", "handlers.py", "locale/ca.po", "locale/es.po")
"""What every service has, however it is packaged."""
SMALL_SERVICES = ("feedback", "proposals")
ROOMS_OF_A_SMALL_SERVICE = ("store.py", "domain", "web")
ROOMS_BY_NOUN = ("routes.py", "usecases.py")
"""A service of few nouns is packaged by layer, the others by noun (.importlinter)."""
MAX_LINES = 45
MAX_LINES_OF_A_FILE = 400
STORE_METHODS = frozenset(
    {"insert", "insert_many", "get", "replace", "update", "update_many", "find", "count", "claim", "delete"}
)

COLLECTIONS_OF_A_STORE = frozenset({"Aggregates", "Collection", "Documents", "Projection"})
"""Each takes a store and the name of a collection."""

Rule = Callable[[Path], Iterator[str]]


def trees(root: Path, *packages: str) -> Iterator[tuple[Path, ast.Module]]:
    """Every Python file of the packages with its syntax tree; its path is relative to the root."""
    for package in packages or PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            yield path.relative_to(root), _parsed(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=1000)
def _parsed(code: str) -> ast.Module:
    return ast.parse(code)


def handlers_are_named_for_their_event(root: Path) -> Iterator[str]:
    """`@consumes(router, SessionEnded, …)` decorates `on_session_ended` and nothing else."""
    for path, tree in trees(root, "services", "shared"):
        for function in functions(tree):
            for event in map(_consumed_event, function.decorator_list):
                if event and function.name != "on" + re.sub("([A-Z])", r"_\1", event).lower():
                    yield f"{path}:{function.lineno} {function.name} handles {event}"


def handlers_stand_in_handlers(root: Path) -> Iterator[str]:
    """One readable list of who handles what: a service consumes nothing outside its handlers.py."""
    for path, tree in trees(root, "services"):
        if path.name != "handlers.py" and any(_called(call) in ("consumes", "EventTable") for call in calls(tree)):
            yield f"{path} consumes events"


def subjects_come_from_shared(root: Path) -> Iterator[str]:
    """No subject is written out where it could differ from the one that is published."""
    for path, tree in trees(root, "services", "deploy"):
        for text, line in strings(tree):
            if re.match(r"(evt|dlq)\.", text):
                yield f"{path}:{line} has the subject {text!r}"


def no_file_without_a_noun(root: Path) -> Iterator[str]:
    """What a file holds is in its name."""
    for path, _ in trees(root):
        if path.stem in ("utils", "util", "helpers", "common", "misc"):
            yield f"{path} is named for nothing"


def no_file_is_long(root: Path) -> Iterator[str]:
    """A file that holds more than one noun is split by them."""
    for path, _ in trees(root, *PACKAGES, "tests", "benchmarks"):
        lines = len((root / path).read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES_OF_A_FILE:
            yield f"{path} has {lines} lines"


def nothing_is_imported_by_string(root: Path) -> Iterator[str]:
    """import-linter reads import statements only; so nothing else may import."""
    for path, tree in trees(root, "services", "shared"):
        for call in calls(tree):
            if _called(call) in ("import_module", "__import__"):
                yield f"{path}:{call.lineno} imports by string"


def collections_are_the_services_own(root: Path) -> Iterator[str]:
    """A service opens its own store and names only the collections that its own stores declare."""
    for service in SERVICES:
        constants, own = _constants(root, service), _own_collections(root, service)
        for path, tree in trees(root, f"services/{service}"):
            for call in calls(tree):
                name = _collection_of(call, constants)
                if name is not None and name not in own:
                    yield f"{path}:{call.lineno} names the collection {name!r}"
                opened = _store_opened(call, constants)
                if opened is not None and opened != service:
                    yield f"{path}:{call.lineno} opens the store of {opened!r}"


def functions_are_short(root: Path) -> Iterator[str]:
    """A function that does not fit on a screen does more than one thing."""
    for path, tree in trees(root):
        for function in functions(tree):
            length = (function.end_lineno or 0) - function.lineno + 1
            if length > MAX_LINES and not _only_holds_functions(function):
                yield f"{path}:{function.name}"


def every_service_has_the_same_rooms(root: Path) -> Iterator[str]:
    """Who knows one service finds everything in the other three."""
    for service in SERVICES:
        folder = root / "services" / service
        rooms = (*ROOMS, *(ROOMS_OF_A_SMALL_SERVICE if service in SMALL_SERVICES else ROOMS_BY_NOUN))
        yield from (f"services/{service} has no {room}" for room in rooms if not (folder / room).exists())
        if not (folder / "usecases").exists() and not (folder / "usecases.py").exists():
            yield f"services/{service} has no usecases"


def every_folder_is_a_regular_package(root: Path) -> Iterator[str]:
    """A folder without `__init__.py` is a namespace that another distribution may fill."""
    for folder in sorted({path.parent for path, _ in trees(root, *PACKAGES, "tests")}):
        if not (root / folder / "__init__.py").exists():
            yield f"{folder} has no __init__.py"


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def calls(tree: ast.AST) -> list[ast.Call]:
    """Every call."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call)]


def strings(tree: ast.AST) -> list[tuple[str, int]]:
    """Every string literal, the pieces of f-strings among them, with its line."""
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [(node.value, node.lineno) for node in constants if isinstance(node.value, str)]


def _called(call: ast.Call) -> str:
    """The name that is called, without what it is called on."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _consumed_event(decorator: ast.expr) -> str:
    if isinstance(decorator, ast.Call) and _called(decorator) == "consumes" and len(decorator.args) > 1:
        return ast.unparse(decorator.args[1]).split(".")[-1]
    return ""


def _only_holds_functions(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """A list of routes or handlers: short functions inside a function, and what they share."""
    kept = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Assign, ast.Expr, ast.Return)
    return len(functions(function)) > 2 and all(isinstance(statement, kept) for statement in function.body)


def _constants(root: Path, service: str) -> dict[str, str]:
    """The constants of a service that hold text."""
    found: dict[str, str] = {}
    for _, tree in trees(root, f"services/{service}"):
        for node in tree.body:
            if (
                isinstance(node, ast.Assign)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                found |= {target.id: node.value.value for target in node.targets if isinstance(target, ast.Name)}
    return found


def _own_collections(root: Path, service: str) -> set[str]:
    """The keys that the `COLLECTIONS` of a service's stores write out."""
    constants, found = _constants(root, service), set[str]()
    for _, tree in trees(root, f"services/{service}"):
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
            if any(ast.unparse(target).endswith("COLLECTIONS") for target in targets):
                assert isinstance(node, ast.Assign | ast.AnnAssign)
                if isinstance(node.value, ast.Tuple):  # those with an outbox, named again
                    continue
                assert isinstance(node.value, ast.Dict), "COLLECTIONS is written out"
                found |= {name for key in node.value.keys if key and (name := _text(key, constants))}
    return found


def _collection_of(call: ast.Call, constants: dict[str, str]) -> str | None:
    if (_called(call) in COLLECTIONS_OF_A_STORE or _is_super_init(call)) and len(call.args) > 1:
        return _text(call.args[1], constants)
    owner = ast.unparse(call.func.value).removeprefix("self.") if isinstance(call.func, ast.Attribute) else ""
    if _called(call) in STORE_METHODS and owner.lstrip("_") in ("store", "documents") and call.args:
        return _text(call.args[0], constants)
    return None


def _is_super_init(call: ast.Call) -> bool:
    """A store of one noun that is an `Aggregates`."""
    return ast.unparse(call.func) == "super().__init__"


def _store_opened(call: ast.Call, constants: dict[str, str]) -> str | None:
    return _text(call.args[1], constants) if _called(call) == "open_store" and len(call.args) > 1 else None


def _text(expression: ast.expr, constants: dict[str, str]) -> str | None:
    """The text of a literal or of a constant of the service; None for anything that only a run could tell."""
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        return expression.value
    return constants.get(expression.id) if isinstance(expression, ast.Name) else None
