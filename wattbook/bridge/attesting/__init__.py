"""One root for all registers of a zone at a time, which enough bridges vouch for, each by what it knows itself."""
