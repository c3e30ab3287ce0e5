"""Events, brought to whoever asked for them: one after the other, signed, and until they are taken."""
