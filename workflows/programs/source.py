"""YAML as people mean it: `on` is a word, and a key written twice is an error instead of a silent loss."""

import json
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING or not yaml.__with_libyaml__:
    from yaml import SafeLoader
else:
    from yaml import CSafeLoader as SafeLoader  # ten times as fast

_MERGE = "tag:yaml.org,2002:merge"
_NOT_READ = ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")


class _Loader(SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE]
        twice = next((key for index, key in enumerate(keys) if key in keys[:index]), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(None, None, f"'{twice}' is written twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


# YAML 1.1 reads on, off, yes, no and dates as something else than the word that was written.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_READ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Any:
    """The file's plain data. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506  # a SafeLoader with fewer readings, no more


def line_of(text: str, where: str) -> int:
    """The line, from 1, on which the path ("steps.first.wait") stands, or the nearest part above it that is written there."""
    try:
        read(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return mark.line + 1 if mark else 1
    node, line = yaml.compose(text, Loader=_Loader), 1
    for part in _parts(where):
        found = _child(node, part)
        if found is not None:
            line, node = found
    return line


def _parts(where: str) -> list[str]:
    """Event names hold a dot of their own, so the rest of the path is offered too, longest first."""
    words = where.split(".")
    return [part for index in range(len(words)) for part in (".".join(words[index : index + 2]), words[index])]


def _child(node: yaml.Node | None, name: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key.start_mark.line + 1, value) for key, value in node.value if key.value == name), None)
    if isinstance(node, yaml.SequenceNode) and name.isdigit() and int(name) < len(node.value):
        item = node.value[int(name)]
        return item.start_mark.line + 1, item
    return None


def with_text(text: str, key: str, language: str, words: str) -> str | None:
    """The same file with one variant of one text replaced, comments and layout kept; None when it has no such text."""
    node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    for name in ("texts", key, language):
        if not isinstance(node, yaml.MappingNode):
            return None
        node = next((value for at, value in node.value if getattr(at, "value", None) == name), None)
    if not isinstance(node, yaml.ScalarNode):
        return None
    quoted = json.dumps(words, ensure_ascii=False)
    return text[: node.start_mark.index] + quoted + text[node.end_mark.index :]
