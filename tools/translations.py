"""The catalogs of translations: collect the messages, bring the catalogs up to date, find what is missing.

    python -m tools.translations update    # code -> locales/genlab.pot -> genlab.po (then translate) -> genlab.mo
    python -m tools.translations check     # what is untranslated, doubtful or out of step; fails if anything is

Messages are read from the syntax tree, so that what is called may be on one line or on ten:

- ``_("…")``, ``N_("…")`` and ``n_("one …", "many …", n)``;
- ``AnyError("…", name=value)`` for every error of ``genlab.errors``, and ``check(condition, "…")`` of the config.

A message is one plain literal, there or in a constant of the same module: an f-string is filled in before anyone
can look it up. A comment that begins with
``# Translators:`` on the line above goes into the catalog.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from genlab import errors

ROOT = Path(__file__).parents[1]
TEMPLATE = Path("locales/genlab.pot")
TARGETS = {"pt_BR": Path("locales/pt_BR/LC_MESSAGES/genlab.po")}

HEADER: dict[str, Any] = {
    "project": "genlab",
    "version": "0.1.0",
    "copyright_holder": "genlab contributors",
    "msgid_bugs_address": "the project's issues",
    "last_translator": "genlab contributors",
    "language_team": "genlab contributors",
    "header_comment": "# Translations of genlab. Distributed under the licence of the project (MIT).\n#",
    "creation_date": datetime(2026, 1, 1, tzinfo=UTC),  # fixed, so that the same messages give the same bytes
}

SINGLE = {"_": 0, "N_": 0, "check": 1}  # which argument is the message
SINGLE |= {name: 0 for name, kind in vars(errors).items() if inspect.isclass(kind)}
PLURAL = "n_"
COMMENT = "# Translators:"
FIELD = re.compile(r"\{(\w*)[^{}]*\}")


class Found(NamedTuple):
    """One message where it stands: ``text`` is a string, a (singular, plural) pair, or None for an f-string."""

    text: str | tuple[str, str] | None
    place: str
    comment: str


def sources(root: Path = ROOT) -> list[Path]:
    """Every file whose words can reach a visitor."""
    files = [root / "app.py", *(file for folder in ("pages", "ui", "genlab") for file in (root / folder).rglob("*.py"))]
    return sorted(file for file in files if file.is_file())


def find_messages(source: str, place: str) -> Iterator[Found]:
    """The messages of one file, in the order of its lines."""
    lines = source.splitlines()
    tree = ast.parse(source)
    constants = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name == PLURAL and len(call.args) == 3:
            wanted = call.args[:2]
        elif name in SINGLE and len(call.args) > SINGLE[name]:
            wanted = [call.args[SINGLE[name]]]
        else:
            continue
        wanted = [constants.get(node.id, node) if isinstance(node, ast.Name) else node for node in wanted]
        above = lines[call.lineno - 2].strip() if call.lineno > 1 else ""
        comment = above.removeprefix(COMMENT).strip() if above.startswith(COMMENT) else ""
        words = [node.value for node in wanted if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        if len(words) == len(wanted):
            yield Found(words[0] if len(words) == 1 else (words[0], words[1]), place, comment)
        elif any(_is_composed(node) for node in wanted):
            yield Found(None, f"{place}:{call.lineno}", comment)


def _is_composed(node: ast.expr) -> bool:
    """An f-string, a sum or a filled-in format where a literal should stand; a name or a field is somebody's N_."""
    return isinstance(node, ast.JoinedStr | ast.BinOp) or (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
    )


def extract(root: Path = ROOT) -> tuple[Catalog, list[str]]:
    """The template of all catalogs, and the places where a message cannot be looked up."""
    catalog = Catalog(**HEADER)
    composed = []
    for file in sources(root):
        place = file.relative_to(root).as_posix()
        for found in find_messages(file.read_text(encoding="utf-8"), place):
            if found.text is None:
                composed.append(found.place)
            elif found.text:
                comments = [found.comment] if found.comment else []
                catalog.add(found.text, locations=[(found.place, 0)], auto_comments=comments)
    return catalog, composed


def load(locale: str, root: Path = ROOT) -> Catalog:
    """The catalog of one language as it is on disk; an empty one where there is none yet."""
    path = root / TARGETS[locale]
    if not path.exists():
        return Catalog(locale=locale, revision_date=HEADER["creation_date"], fuzzy=False, **HEADER)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def to_po(catalog: Catalog) -> bytes:
    """The bytes of a .po or .pot file: file names without line numbers, so that moved code changes nothing."""
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=112, include_lineno=False, ignore_obsolete=True)
    return buffer.getvalue()


def to_mo(catalog: Catalog) -> bytes:
    """The bytes of the compiled .mo file; doubtful (fuzzy) translations stay out of it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def merged(locale: str, template: Catalog, root: Path = ROOT) -> Catalog:
    """The catalog on disk with the messages of ``template``: known ones keep their words, similar ones are guessed."""
    catalog = load(locale, root)
    catalog.update(template, update_creation_date=False)
    return catalog


def update(root: Path = ROOT) -> None:
    """Write the template, the catalogs and the compiled catalogs."""
    template, _ = extract(root)
    (root / TEMPLATE).parent.mkdir(parents=True, exist_ok=True)
    (root / TEMPLATE).write_bytes(to_po(template))
    for locale, target in TARGETS.items():
        path = root / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_po(merged(locale, template, root)))
        path.with_suffix(".mo").write_bytes(to_mo(load(locale, root)))


def problems(root: Path = ROOT) -> list[str]:
    """Everything that would show a visitor the wrong words, one line each; empty when all is well."""
    template, composed = extract(root)
    found = [f"{place}: a message must be one plain literal, filled in by name" for place in composed]
    stale = "is out of date: run “make translations”"
    if _bytes(root / TEMPLATE) != to_po(template):
        found.append(f"{TEMPLATE} {stale}")
    for locale, target in TARGETS.items():
        catalog = load(locale, root)
        if _bytes(root / target) != to_po(merged(locale, template, root)):
            found.append(f"{target} {stale}")
        if _bytes((root / target).with_suffix(".mo")) != to_mo(catalog):
            found.append(f"{target.with_suffix('.mo')} {stale}")
        for message in template:
            if message.id:
                fault = faults(message, catalog.get(message.id))
                found += [f"{target}: {fault}: {message.id!r}"] if fault else []
    return found


def faults(source: Message, translated: Message | None) -> str:
    """What is wrong with one translation, in a few words, or nothing."""
    if translated is None or not all(_forms(translated.string)):
        return "not translated"
    if translated.fuzzy:
        return "doubtful (fuzzy): read it, then take the mark away"
    names = {name for form in _forms(source.id) for name in FIELD.findall(form)}
    if any(not set(FIELD.findall(form)) <= names for form in _forms(translated.string)):
        return "has a {name} that the message does not have"
    if not translated.pluralizable and set(FIELD.findall(_forms(translated.string)[0])) != names:
        return "lacks a {name} of the message"
    return ""


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """One form, or singular and plural."""
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def main(command: str) -> int:
    """Run one command; how many problems there are becomes the exit code 0 or 1."""
    if command == "update":
        update()
    found = problems()
    for line in found:
        print(line)
    print(f"{len(found)} problems in the translations" if found else "translations are complete and in step")
    return 1 if found and command == "check" else 0


if __name__ == "__main__":
    if sys.argv[1:] not in (["update"], ["check"]):
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
