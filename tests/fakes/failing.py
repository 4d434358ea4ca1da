"""How a fake is told to fail."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Failing:
    """Raises the errors that it was given, one a call, in their order."""

    failures: list[Exception] = field(default_factory=list)

    def fail_next(self, error: Exception, *, times: int = 1) -> None:
        """Make the next calls raise this error."""
        self.failures += [error] * times

    def meet_failure(self) -> None:
        if self.failures:
            raise self.failures.pop(0)
