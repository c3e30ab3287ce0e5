"""How somebody shows that an account is his: he signs a message (EIP-4361), and holds a session."""
