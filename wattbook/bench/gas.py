"""Gas of every operation, each measured as a transaction of its own on a fresh anvil.

Accounts, amounts, nonces and deadlines are fixed, so the same contracts give the same figures to the unit on any
machine.
"""

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from wattbook.bench.anchors import OPEN_TRANSFER
from wattbook.chain import Chain
from wattbook.connection import Market
from wattbook.contracts.structs import Application
from wattbook.deployment.anvil import Anvil, pass_time
from wattbook.deployment.decisions import carry_out, propose
from wattbook.deployment.deployer import deploy
from wattbook.deployment.local import FIRST_FREE_ACCOUNT, known_account
from wattbook.deployment.plan import Call
from wattbook.deployment.settings import local_settings
from wattbook.eip712 import sign_action, sign_application, sign_permit
from wattbook.roles import Role
from wattbook.units import pt

FAR = 4_000_000_000


def measure() -> dict[str, int]:
    """Gas by operation."""
    accounts = str(FIRST_FREE_ACCOUNT + 10)
    with Anvil("--hardfork", "prague", "--accounts", accounts, "--timestamp", "1800000000") as chain:
        return _Day(chain).run()


class _Day:
    """One market day's operations in an order in which each can happen."""

    def __init__(self, chain: Chain) -> None:
        deployment = deploy(chain, known_account("administrator"), local_settings(), None, lambda line: None)
        self.market = Market(chain, deployment)
        self.gas: dict[str, int] = {}
        self.people = [known_account(FIRST_FREE_ACCOUNT + i) for i in range(6)]
        # A module is whatever address the authority enters; an account of ours stands in for a contract, so that the
        # figure is the Vault's own and the transaction's.
        self.module = known_account(FIRST_FREE_ACCOUNT + 6)

    def run(self) -> dict[str, int]:
        self._admit()
        self._tokens()
        self._vault()
        self._module()
        self._supervision()
        return self.gas

    def _admit(self) -> None:
        membership, registrar = self.market.membership, known_account("registrar")
        for i, person in enumerate(self.people[:-1]):
            self.gas["admit"] = membership.admit(_application(person, i), sender=registrar).gas_used
        person = self.people[-1]
        application = _application(person, len(self.people))
        signatures = sign_application(membership, application, applicant=person, registrar=registrar, deadline=FAR)
        self.gas["admit, signed"] = membership.admit_signed(
            application, FAR, signatures[0], registrar.address, signatures[1], sender=self.module
        ).gas_used

    def _tokens(self) -> None:
        token, issuer = self.market.power_token, known_account("issuer")
        alice, bob, carol, dora = self.people[:4]
        mints = [token.mint(p.address, pt(1000), keccak(text=p.address), sender=issuer) for p in (alice, bob)]
        self.gas["mint to a new holder"] = mints[1].gas_used
        receipt = token.mint(alice.address, pt(1000), keccak(text="again"), sender=issuer)
        self.gas["mint to a holder"] = receipt.gas_used
        self.gas["transfer to a new holder"] = token.transfer(carol.address, pt(10), sender=alice).gas_used
        self.gas["transfer to a holder"] = token.transfer(carol.address, pt(10), sender=alice).gas_used
        self.gas["membership check in a transfer"] = self.gas["transfer to a holder"] - OPEN_TRANSFER
        for holder in (carol, dora):
            token.mint(holder.address, pt(100), keccak(text="more" + holder.address), sender=issuer)
        reference = keccak(text="payment")
        self.gas["redeem"] = token.redeem(self._member(issuer), pt(1), reference, sender=bob).gas_used
        auth = sign_action(token, "Transfer", bob, {"to": alice.address, "amount": pt(1)}, nonce=0, deadline=FAR)
        self.gas["transfer, signed"] = token.transfer_signed(alice.address, pt(1), auth, sender=self.module).gas_used

    def _vault(self) -> None:
        vault, token = self.market.vault, self.market.power_token
        alice, bob = self.people[:2]
        token.approve(vault.address, pt(500), sender=alice)
        self.gas["deposit, first"] = vault.deposit(pt(100), sender=alice).gas_used
        self.gas["deposit, later"] = vault.deposit(pt(100), sender=alice).gas_used
        for label in ("first", "later"):
            permit = sign_permit(token, bob, vault.address, pt(100), nonce=token.nonces(bob.address), deadline=FAR)
            receipt = vault.deposit_with_permit(pt(100), FAR, *permit, sender=bob)
            self.gas[f"permit and deposit, {label}"] = receipt.gas_used
        self.gas["withdraw"] = vault.withdraw(pt(10), sender=bob).gas_used
        for nonce in (0, 1):
            auth = sign_action(vault, "Withdraw", alice, {"amount": pt(10)}, nonce=nonce, deadline=FAR)
            receipt = vault.withdraw_signed(pt(10), auth, sender=self.module)
        self.gas["withdraw, signed"] = receipt.gas_used

    def _module(self) -> None:
        vault = self.market.vault
        alice, bob = self.people[:2]
        self._decide("Vault", "enterModule", self.module.address)
        chosen = 1 << vault.modules().index(self.module.address)
        self.gas["choose modules"] = vault.choose_modules(chosen, sender=alice).gas_used
        vault.choose_modules(chosen, sender=bob)
        vault.lock(alice.address, pt(1), Role.CONSUMER, sender=self.module)
        self.gas["lock"] = vault.lock(bob.address, pt(1), Role.CONSUMER, sender=self.module).gas_used
        self.gas["lock more"] = vault.lock_more(alice.address, pt(1), sender=self.module).gas_used
        self.gas["release"] = vault.release(bob.address, pt(1) // 2, sender=self.module).gas_used
        self.gas["pay"] = vault.pay(alice.address, bob.address, pt(1), sender=self.module).gas_used

    def _supervision(self) -> None:
        membership, regulator = self.market.membership, known_account("regulator")
        member = self._member(self.people[4])
        self.gas["suspend"] = membership.suspend(member, "audit", sender=regulator).gas_used
        self.gas["reinstate"] = membership.reinstate(member, "audit over", sender=regulator).gas_used
        self.gas["pause"] = self.market.vault.pause(sender=regulator).gas_used

    def _member(self, account: LocalAccount) -> int:
        return self.market.membership.standing_of(account.address).member

    def _decide(self, contract: str, function: str, *arguments: str) -> None:
        """Has the authority do something, its delay over."""
        call = Call(contract, function, arguments)
        administrator = known_account("administrator")
        propose(self.market, call, sender=administrator)
        pass_time(self.market.chain, self.market.authority.get_min_delay())
        carry_out(self.market, call, sender=administrator)


def _application(person: LocalAccount, number: int) -> Application:
    roles = Role.PROSUMER | Role.CONSUMER | Role.PRODUCER
    nullifier = keccak(text=f"person {number}")
    return Application(person.address, roles, 0, FAR, keccak(text=f"papers {number}"), nullifier)
