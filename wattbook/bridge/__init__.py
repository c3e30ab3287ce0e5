"""From meters to the chain: readings are taken in, verified, kept, and posted as one root for a zone and a time."""
