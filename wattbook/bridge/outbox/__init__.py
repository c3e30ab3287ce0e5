"""What the bridge knows, in a database: nothing is acknowledged to a source, signed or sent that does not stand here.

Whoever starts again after a kill finds every reading that was acknowledged, and every transaction that may be on its
way.
"""
