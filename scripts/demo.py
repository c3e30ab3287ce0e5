"""`ape run demo`: founds a market on the chain that ape is connected to and lets its first members in.

Households sign and a relayer sends, so none of them holds gas. Nothing is asked, and every figure that is printed is
read back from the chain.
"""

from dataclasses import dataclass

import ape
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from wattbook import Application, Market, Role, WattbookError, format_pt, pt
from wattbook.chain import Chain
from wattbook.contracts.structs import Purse
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.deployment.settings import local_settings
from wattbook.eip712 import sign_action, sign_application, sign_permit
from wattbook.roles import role_names

YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Person:
    name: str
    account: LocalAccount
    roles: Role
    money: int


PEOPLE = [
    Person("Sunny Field", known_account(FIRST_FREE_ACCOUNT), Role.PRODUCER, pt("200")),
    Person("Mill Lane 4", known_account(FIRST_FREE_ACCOUNT + 1), Role.PROSUMER, pt("350.5")),
    Person("The Bakery", known_account(FIRST_FREE_ACCOUNT + 2), Role.CONSUMER, pt("1200")),
    Person("Battery Barn", known_account(FIRST_FREE_ACCOUNT + 3), Role.STORAGE | Role.PRODUCER, pt("800")),
]


def main() -> None:
    chain = Chain(ape.chain.provider.web3)
    print(f"\nA market on chain {chain.chain_id}")
    market = Market(chain, deploy(chain, known_account("administrator"), local_settings(), None))
    day = Day(market)
    day.admit_members()
    day.bring_money_in()
    day.move_money()
    day.supervise()
    day.report()


class Day:
    """The founding day, told in order."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.relayer = known_account("operator")
        self.deadline = market.chain.now + 3600

    def admit_members(self) -> None:
        print("\nMembers apply, a registrar countersigns, a relayer sends")
        membership, registrar = self.market.membership, known_account("registrar")
        for person in PEOPLE:
            papers, identity = keccak(text=f"papers of {person.name}"), keccak(text=f"identity of {person.name}")
            until = self.market.chain.now + YEAR
            application = Application(person.account.address, person.roles, 0, until, papers, identity)
            by_applicant, by_registrar = sign_application(
                membership, application, applicant=person.account, registrar=registrar, deadline=self.deadline
            )
            receipt = membership.admit_signed(
                application, self.deadline, by_applicant, registrar.address, by_registrar, sender=self.relayer
            )
            number = receipt.event("MemberAdmitted").args["member"]
            print(f"  {person.name} is member {number} ({role_names(person.roles)})")

    def bring_money_in(self) -> None:
        print("\nThe issuer mints against money received, members deposit in the Vault")
        token, vault = self.market.power_token, self.market.vault
        for person in PEOPLE:
            receipt = keccak(text=f"bank transfer of {person.name}")
            token.mint(person.account.address, person.money, receipt, sender=known_account("issuer"))
            amount = person.money // 2
            nonce = token.nonces(person.account.address)
            permit = sign_permit(token, person.account, vault.address, amount, nonce=nonce, deadline=self.deadline)
            token.permit(person.account.address, vault.address, amount, self.deadline, *permit, sender=self.relayer)
            auth = sign_action(vault, "Deposit", person.account, {"amount": amount}, deadline=self.deadline)
            vault.deposit_signed(amount, auth, sender=self.relayer)
            print(f"  {person.name} receives {format_pt(person.money)}, deposits {format_pt(amount)}")

    def move_money(self) -> None:
        print("\nMoney moves")
        bakery, field, mill = PEOPLE[2], PEOPLE[0], PEOPLE[1]
        token, vault = self.market.power_token, self.market.vault
        values = {"to": field.account.address, "amount": pt("45.25")}
        auth = sign_action(token, "Transfer", bakery.account, values, deadline=self.deadline)
        token.transfer_signed(field.account.address, pt("45.25"), auth, sender=self.relayer)
        print(f"  {bakery.name} sends {field.name} {format_pt(pt('45.25'))}")
        auth = sign_action(vault, "Withdraw", mill.account, {"amount": pt("100")}, deadline=self.deadline)
        vault.withdraw_signed(pt("100"), auth, sender=self.relayer)
        print(f"  {mill.name} withdraws {format_pt(pt('100'))}")
        issuer = self.market.membership.standing_of(known_account("issuer").address).member
        payment = keccak(text="pay to the account of Mill Lane 4")
        values = {"issuer": issuer, "amount": pt("60"), "paymentReference": payment}
        auth = sign_action(token, "Redeem", mill.account, values, deadline=self.deadline)
        token.redeem_signed(issuer, pt("60"), payment, auth, sender=self.relayer)
        print(f"  {mill.name} redeems {format_pt(pt('60'))}, which the issuer pays out")

    def supervise(self) -> None:
        print("\nThe regulator suspends a member: new business stops, his money stays his")
        barn = PEOPLE[3]
        membership, token, vault = self.market.membership, self.market.power_token, self.market.vault
        member = membership.standing_of(barn.account.address).member
        membership.suspend(member, "meter seal broken", sender=known_account("regulator"))
        values = {"to": PEOPLE[0].account.address, "amount": 1}
        auth = sign_action(token, "Transfer", barn.account, values, deadline=self.deadline)
        try:
            token.transfer_signed(PEOPLE[0].account.address, 1, auth, sender=self.relayer)
        except WattbookError as error:
            print(f"  {barn.name} sends money: refused, {error}")
        auth = sign_action(vault, "Withdraw", barn.account, {"amount": pt("25")}, deadline=self.deadline)
        vault.withdraw_signed(pt("25"), auth, sender=self.relayer)
        print(f"  {barn.name} withdraws {format_pt(pt('25'))}: granted")
        membership.reinstate(member, "seal replaced and certified", sender=known_account("regulator"))

    def report(self) -> None:
        membership, token, vault = self.market.membership, self.market.power_token, self.market.vault
        print("\nMembers")
        free = 0
        for person in PEOPLE:
            address = person.account.address
            standing, account = membership.standing_of(address), vault.account_of(address)
            free += account.free
            print(
                f"  {standing.member:>3}  {person.name:<13} {address}  {standing.status.name.lower():<7}"
                f" wallet {format_pt(token.balance_of(address)):>13}  Vault {format_pt(account.free):>13}"
            )
        free += sum(vault.account_of(vault.purse_account(purse)).free for purse in Purse)
        issuer = membership.standing_of(known_account("issuer").address).member
        supply, reserve, held = token.total_supply(), token.reserve_of(issuer), token.balance_of(vault.address)
        print(f"\n  supply {format_pt(supply)} = reserves {format_pt(reserve)}")
        print(f"  Vault holds {format_pt(held)} = accounts {format_pt(free)}")
        print("\nContracts")
        contracts = self.market.deployment.contracts
        width = max(map(len, contracts))
        for name, contract in contracts.items():
            print(f"  {name:<{width}} {contract.address}")
        if supply != reserve or held != free:
            raise SystemExit("the books do not balance")
