"""What a bridge serves: to other bridges its signatures, to members their readings, to operators its health."""
