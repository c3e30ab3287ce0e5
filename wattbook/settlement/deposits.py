"""What an account's consumption deposits secure, and what of them comes back (docs/settlement/deposits.md)."""

from dataclasses import dataclass, field


@dataclass
class Security:
    """uPT that an account placed for each of its devices, and what of all that was not drawn."""

    placed: dict[int, int] = field(default_factory=dict)
    held: int = 0

    @property
    def needed(self) -> int:
        return sum(self.placed.values())

    @property
    def drawn(self) -> int:
        """What was drawn and not made good."""
        return self.needed - self.held

    def secures(self, device: int) -> bool:
        return device in self.placed and not self.drawn

    def place(self, device: int, amount: int) -> None:
        self.placed[device] = amount
        self.held += amount

    def draw(self, amount: int) -> int:
        """As much of what the account owes as is held."""
        taken = min(amount, self.held)
        self.held -= taken
        return taken

    def top_up(self, amount: int) -> None:
        self.held += amount

    def take_back(self, device: int) -> int:
        """What is held and the other devices do not need."""
        del self.placed[device]
        given = max(0, self.held - self.needed)
        self.held -= given
        return given
