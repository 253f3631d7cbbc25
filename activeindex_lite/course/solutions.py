"""A file of solutions: each function with the imports, constants and helpers that it uses, written into a stub."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Solutions:
    """The solutions of one notebook's exercises: .functions {name: its node}; ValueError if the file is no Python."""

    def __init__(self, path: str | Path):
        self.path = Path(path)
        try:
            # utf-8-sig: editors on Windows write a byte order mark, which is no Python.
            self.source = self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise ValueError(
                f"{path} does not exist: write the solutions there, one function per exercise, or name their file"
            ) from None
        except UnicodeDecodeError:
            raise ValueError(f"{path} is not text in UTF-8: save it again as UTF-8") from None
        self.tree = parsed(self.source, str(path))
        self.functions = {node.name: node for node in self.tree.body if isinstance(node, Function)}

    def body(self, name: str) -> str:
        """The body of a function as source that begins in column 0, without its docstring."""
        function = self.functions[name]
        statements = function.body
        if ast.get_docstring(function) is not None and len(statements) > 1:
            statements = statements[1:]
        if statements[0].lineno == function.lineno:  # def f(x): return x
            return "\n".join(ast.unparse(statement) for statement in statements)
        lines, begin = self.source.splitlines(), statements[0].lineno - 1
        while begin > function.lineno and lines[begin - 1].lstrip().startswith("#"):
            begin -= 1
        return moved("\n".join(lines[begin : function.end_lineno]), statements, begin, -statements[0].col_offset)

    def needed(self, name: str, provided: set[str], imports: set[str]) -> list[str]:
        """What a function uses from the rest of the file, as sources in the order of the file.

        provided: names that the notebook defines before (functions of earlier exercises); imports: lines of import, one
        name each, that the notebook has already. ValueError for a name that would hide one of the function's own.
        """
        function, chosen, used = self.functions[name], {}, set()
        waiting = outside_names(ast.unparse(function))
        while waiting:
            word = waiting.pop()
            if word in used or word in provided or word == name:
                continue
            used.add(word)
            for at, node in enumerate(self.tree.body):
                if word in changed_names(node) and not _is_main_guard(node):
                    chosen[at] = node
                    waiting |= set() if isinstance(node, ast.Import | ast.ImportFrom) else names_of(node)
        self._refuse_hidden(function, [node for node in chosen.values() if not isinstance(node, ast.Import)])
        sources = (self._source(chosen[at], used, imports) for at in sorted(chosen))
        return [source for source in sources if source]

    def _source(self, node: ast.stmt, used: set[str], imports: set[str]) -> str:
        if isinstance(node, ast.Import | ast.ImportFrom):
            return "\n".join(line for word, line in import_lines(node).items() if word in used and line not in imports)
        begin = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))]) - 1
        return "\n".join(self.source.splitlines()[begin : node.end_lineno])

    def _refuse_hidden(self, function: Function, chosen: list[ast.stmt]) -> None:
        """ValueError if a constant or helper, once inside the function, would replace one of its own names."""
        own = own_names(ast.unparse(function))
        for node in chosen:
            if hidden := sorted(changed_names(node) & own):
                raise ValueError(
                    f"{self.path}: {function.name} has a variable {hidden[0]}, and so has the rest of the file that it "
                    "uses: rename one of them, since a copy for a grader holds both in one function"
                )


def parsed(source: str, where: str) -> ast.Module:
    """The syntax tree; ValueError with the line if it is no Python, or a line of Jupyter (%, !) in it."""
    try:
        return ast.parse(source)
    except SyntaxError as error:
        line = error.lineno or 1
    for number, text in enumerate(source.splitlines(), 1):
        if re.match(r"\s*[%!]", text):
            raise ValueError(
                f"{where}, line {number} is {text.strip()[:60]!r}: move magics (%) and shell commands (!) to a cell of "
                "their own, an exercise holds Python alone"
            )
    raise ValueError(f"{where}, line {line} is not valid Python: correct it and try again")


def import_lines(node: ast.AST) -> dict[str, str]:
    """{name that an import makes: the line that makes it alone}; {} for any other node."""
    if isinstance(node, ast.Import):
        return {a.asname or a.name.split(".")[0]: ast.unparse(ast.Import([a])) for a in node.names}
    if isinstance(node, ast.ImportFrom) and node.module != "__future__":
        lines = {a.asname or a.name: ast.unparse(ast.ImportFrom(node.module, [a], node.level)) for a in node.names}
        if "*" in lines:
            raise ValueError(f"'{lines['*']}' in the solutions: import the names one by one, so that copies hold them")
        return lines
    return {}


def changed_names(node: ast.stmt) -> set[str]:
    """The names that a statement of a module makes or changes: imports, definitions, K = 3, K[0] = 3, K.append(3)."""
    if isinstance(node, Function | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return set(import_lines(node))
    names = set()
    for part in ast.walk(node):
        if isinstance(part, Function | ast.ClassDef):
            names.add(part.name)
        elif isinstance(part, ast.Import | ast.ImportFrom):
            names |= set(import_lines(part))
        elif isinstance(getattr(part, "ctx", None), ast.Store):
            names |= _root(part)
        elif isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            names |= _root(part.value.func) if isinstance(part.value.func, ast.Attribute) else set()
    return names


def _root(node: ast.AST) -> set[str]:
    """The name at the beginning of K, K[0] or K.x."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def _is_main_guard(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).replace('"', "'") == "__name__ == '__main__'"


def names_of(node: ast.stmt) -> set[str]:
    """The names that a statement reads from outside itself."""
    return outside_names(ast.unparse(node))


def outside_names(source: str) -> set[str]:
    """The names that source reads from its module: those of its top level, and the global ones of its functions."""

    def of(table: symtable.SymbolTable) -> set[str]:
        at_top = table.get_type() == "module"
        found = {s.get_name() for s in table.get_symbols() if (s.is_referenced() if at_top else s.is_global())}
        return found.union(*map(of, table.get_children()))

    return of(symtable.symtable(source, "solutions", "exec"))


def own_names(source: str) -> set[str]:
    """The parameters and local variables of the one function in source."""
    (table,) = (t for t in symtable.symtable(source, "solutions", "exec").get_children() if t.get_type() == "function")
    return {s.get_name() for s in table.get_symbols() if s.is_local()}


def is_builtin(name: str) -> bool:
    """Whether Python has the name without an import."""
    return hasattr(builtins, name)


def moved(source: str, nodes: list[ast.stmt], before: int, columns: int) -> str:
    """Lines of source shifted by some columns, text inside strings left alone.

    nodes: the statements in these lines; before: how many lines of their file come before; columns: negative is left.
    """
    inside = set()
    for part in (part for node in nodes for part in ast.walk(node)):
        if isinstance(part, ast.Constant | ast.JoinedStr) and isinstance(getattr(part, "value", ""), str | bytes):
            inside |= set(range(part.lineno - before, part.end_lineno - before))
    shifted = []
    for number, line in enumerate(source.splitlines()):
        if number in inside or not line.strip():
            shifted.append(line)
        elif columns >= 0:
            shifted.append(" " * columns + line)
        else:
            shifted.append(line[min(-columns, len(line) - len(line.lstrip())) :])
    return "\n".join(shifted)


def filled(stub: str, function: Function, pieces: list[str], mark: str) -> str:
    """The stub with pieces of source as its body, between BEGIN SOLUTION and END SOLUTION, below its docstring.

    function: the stub's node of the function to solve; mark: the comment sign that the grader wants.
    """
    lines, first = stub.splitlines(), function.body[0]
    said = ast.get_docstring(function) is not None
    # A stub in one line, def f(x): ..., is opened.
    in_one_line = lines[first.lineno - 1][: first.col_offset].strip() != ""
    indent = function.col_offset + 4 if in_one_line else first.col_offset
    if in_one_line:
        head = [*lines[: first.lineno - 1], lines[first.lineno - 1].encode()[: first.col_offset].decode().rstrip()]
        head += [" " * indent + ast.get_source_segment(stub, first)] if said else []
    else:
        head = lines[: first.end_lineno if said else first.lineno - 1]
    body = [moved(piece, ast.parse(piece).body, 0, indent) for piece in pieces]
    space = " " * indent
    parts = [
        *head,
        f"{space}{mark} BEGIN SOLUTION",
        *body,
        f"{space}{mark} END SOLUTION",
        *lines[function.end_lineno :],
    ]
    return "\n".join(parts).rstrip()
