"""A shop joins a market on a local chain and brings money in: first_steps.py RPC_URL DEPLOYMENT_FILE"""

import sys

from web3 import Web3

from wattbook import Application, Role, connect, format_pt, pt
from wattbook.deployment.local import known_account

market = connect(sys.argv[1], deployment=sys.argv[2])
registrar, issuer, shop = known_account("registrar"), known_account("issuer"), known_account(9)

papers, identity = Web3.keccak(text="papers of the shop"), Web3.keccak(text="who the shop is")
in_a_year = market.chain.now + 365 * 24 * 3600
application = Application(shop.address, Role.CONSUMER, 0, in_a_year, papers, identity)
admitted = market.membership.admit(application, sender=registrar).event("MemberAdmitted")

transfer = Web3.keccak(text="bank transfer 1")
market.power_token.mint(shop.address, pt("25"), transfer, sender=issuer)
market.power_token.approve(market.vault.address, pt("12.5"), sender=shop)
market.vault.deposit(pt("12.5"), sender=shop)

free = market.vault.account_of(shop.address).free
print(f"member {admitted.args['member']} has {format_pt(free)} in the Vault")
