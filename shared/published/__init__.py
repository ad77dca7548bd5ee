"""The published language: every public event of every service, and how it travels.

If it is a pydantic model, someone outside depends on it.
"""

from shared.published import migration_service, registry
from shared.published._base import PublicEvent

SPOKEN: dict[tuple[str, str, int], type[PublicEvent]] = {
    (word.service, word.name, word.version): word
    for module in (registry, migration_service)
    for word in vars(module).values()
    if isinstance(word, type) and issubclass(word, PublicEvent) and "name" in vars(word)
}
"""(service, name, version) of everything that is said."""

__all__ = ["SPOKEN", "PublicEvent", "migration_service", "registry"]
