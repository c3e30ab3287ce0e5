"""The rules of the market in plain Python, exact to the last Wh and uPT; no chain is needed.

| module | rule |
|---|---|
| `uniform` | call auction with one price, the default |
| `trade_reduction` | truthful in price, gives up the marginal level |
| `muda` | truthful in price, two halves that price each other |
| `ranked` | the paper's two rankings, with its pool |
| `pool` | what the book left over goes to and comes from the pool |
| `escrow` | bonds, locks, margins and fees of an order |
| `clearing` | a whole case, as vector files and `wattbook clear` have it |

The sequence of the orders is the order in which they were revealed; a margin is shared in it.
"""
