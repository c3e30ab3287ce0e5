"""Deploys a market: resumable after any interruption, harmless when repeated."""

from collections.abc import Callable
from pathlib import Path

from eth_account.signers.local import LocalAccount
from hexbytes import HexBytes

from wattbook import abi
from wattbook.chain import Chain, Receipt
from wattbook.contracts.authority import Authority
from wattbook.contracts.bound import calldata
from wattbook.contracts.validator_set import ValidatorSet
from wattbook.deployment.bytecode import creation_code
from wattbook.deployment.code import code_hash
from wattbook.deployment.local import LOCAL_CHAIN_IDS
from wattbook.deployment.plan import CONTRACTS, Call, PlannedContract, constitution
from wattbook.deployment.record import Deployed, Deployment, Pending
from wattbook.deployment.settings import AUTHORITY, MarketSettings
from wattbook.errors import DeploymentError, SettingsError
from wattbook.roles import Role

Report = Callable[[str], None]
_NO_PREDECESSOR = bytes(32)
_SALT = bytes(32)


def deploy(
    chain: Chain,
    deployer: LocalAccount,
    settings: MarketSettings,
    path: Path | None,
    report: Report = print,
) -> Deployment:
    """Brings the market on `chain` to completion and returns its deployment, kept in `path` as it grows.

    What stands already is checked and left alone.
    """
    deployment = _begin_or_resume(chain, deployer, settings, path, report)
    # What an interrupted run sent shows itself only in a block.
    chain.wait_for_sent(deployer)
    for name, address in settings.standing.items():
        if name not in deployment.contracts:
            _adopt(chain, deployment, name, address, report)
    for planned in CONTRACTS:
        if planned.name in deployment.contracts:
            require_code(chain, planned.name, deployment.contracts[planned.name].address)
        else:
            _create(chain, deployer, settings, deployment, planned, report)
    _found(chain, deployer, settings, deployment, report)
    _feed(chain, deployer, deployment, report)
    return deployment


def require_code(chain: Chain, name: str, address: str) -> str:
    """The hash of the code at an address, if the contract called `name` stands there; else it is refused."""
    code = chain.code_at(address)
    if not code:
        raise DeploymentError(f"nothing stands at {address}, where {name} should be")
    interface = abi.interface(name)
    found = code_hash(code, interface.immutables)
    if found != interface.code_hash:
        raise DeploymentError(
            f"something else stands at {address}, where {name} should be: its code hash is {found}, expected"
            f" {interface.code_hash}"
        )
    return found


def _begin_or_resume(
    chain: Chain,
    deployer: LocalAccount,
    settings: MarketSettings,
    path: Path | None,
    report: Report,
) -> Deployment:
    fresh = Deployment.begin(chain, deployer.address, settings.as_json(), path)
    if path is None or not path.exists():
        _possible(settings, chain)
        return fresh
    known = Deployment.read(path)
    if _is_of_a_local_chain_gone(known, chain):
        report(f"{path} is of a local chain that is gone; starting anew")
        _possible(settings, chain)
        return fresh
    known.require_chain(chain)
    if known.deployer != fresh.deployer:
        raise DeploymentError(f"{path} was begun by {known.deployer}; {fresh.deployer} cannot go on with it")
    if known.settings != fresh.settings:
        raise DeploymentError(f"{path} was begun with other settings; deploy with those, or move the file away")
    return known


def _is_of_a_local_chain_gone(known: Deployment, chain: Chain) -> bool:
    if not known.chain_id == chain.chain_id in LOCAL_CHAIN_IDS:
        return False
    # Two local chains that were started in the same second begin with the same block.
    created = [item.transaction for item in known.contracts.values() if item.transaction]
    return known.genesis != chain.genesis or any(map(lambda t: chain.status_of(t) is None, created))


def _possible(settings: MarketSettings, chain: Chain) -> None:
    """Refuses settings that the contracts would refuse only after all of them stand, or that nobody could live with."""
    for member in settings.members:
        if member.certified_until <= chain.now:
            raise SettingsError(f"the certification of member {member.name} has ended already")
    if not settings.holders(Role.REGULATOR):
        raise SettingsError("no first member is a regulator, so nobody could suspend a member or cancel a proposal")
    accounts = {member.account for member in settings.members}
    for purse, keeper in settings.purses.items():
        if keeper not in accounts and keeper != AUTHORITY:
            raise SettingsError(f"the keeper of purse {purse}, {keeper}, is no first member and could not spend")


def _adopt(chain: Chain, deployment: Deployment, name: str, address: str, report: Report) -> None:
    """Takes what stood before as a part of the market: nothing was sent to create it."""
    code_hash = require_code(chain, name, address)
    founder = ValidatorSet(chain, address).founder()
    if founder != deployment.deployer:
        raise DeploymentError(f"the validators of {address} were founded by {founder}, who must deploy the market")
    deployment.contracts[name] = Deployed(address, 0, "", [], code_hash)
    deployment.write()
    report(f"{name} stands at {address}")


def _create(
    chain: Chain,
    deployer: LocalAccount,
    settings: MarketSettings,
    deployment: Deployment,
    planned: PlannedContract,
    report: Report,
) -> None:
    arguments = planned.arguments(settings, deployment.address, deployer.address)
    receipt = _resumed(chain, deployer, deployment, planned.name)
    if receipt is None:
        factory = chain.web3.eth.contract(abi=abi.interface(planned.name).abi, bytecode=creation_code(planned.name))
        creation = chain.sign_creation(factory.constructor(*arguments), deployer)
        # Written down before it is sent: whoever resumes sends the same before creating another.
        deployment.pending = Pending(
            contract=planned.name,
            address=creation.address,
            transaction=HexBytes(creation.signed.hash).to_0x_hex(),
            nonce=creation.nonce,
            raw=HexBytes(creation.signed.raw_transaction).to_0x_hex(),
        )
        deployment.write()
        receipt = chain.submit(creation.signed)
    assert receipt.contract_address
    deployment.contracts[planned.name] = Deployed(
        address=receipt.contract_address,
        block=receipt.block,
        transaction=receipt.transaction,
        arguments=arguments,
        code_hash=require_code(chain, planned.name, receipt.contract_address),
    )
    deployment.pending = None
    deployment.write()
    report(f"{planned.name} created at {receipt.contract_address}")


def _resumed(chain: Chain, deployer: LocalAccount, deployment: Deployment, name: str) -> Receipt | None:
    """The receipt of the creation that an interrupted run wrote down; None when there is or can be none."""
    pending = deployment.pending
    if pending is None or pending.contract != name:
        return None
    succeeded = chain.status_of(pending.transaction)
    if succeeded:
        return chain.receipt_of(HexBytes(pending.transaction))
    # It failed, or its nonce went to another transaction.
    if chain.nonce_of(deployer) > pending.nonce:
        return None
    return chain.submit_raw(HexBytes(pending.raw))


def _found(
    chain: Chain,
    deployer: LocalAccount,
    settings: MarketSettings,
    deployment: Deployment,
    report: Report,
) -> None:
    """Has the authority carry out the constitution, once."""
    authority = Authority(chain, deployment.address("Authority"))
    batch = founding_batch(chain, deployment, settings)
    operation = authority.hash_operation_batch(*batch)
    if authority.constitution() not in (bytes(32), operation):
        raise DeploymentError(f"the authority at {authority.address} was founded by another operation; deploy anew")
    if not authority.is_operation(operation):
        _possible(settings, chain)
        authority.schedule_batch(*batch, 0, sender=deployer)
    if not authority.is_operation_done(operation):
        authority.execute_batch(*batch, sender=deployer)
        report(f"constitution carried out in {len(batch[0])} calls")


def _feed(chain: Chain, deployer: LocalAccount, deployment: Deployment, report: Report) -> None:
    """Names, once, who changes validators."""
    validators, delegates = ValidatorSet(chain, deployment.address("ValidatorSet")), deployment.address("Delegates")
    feeder = validators.feeder()
    if feeder == delegates:
        return
    if int(feeder, 16):
        raise DeploymentError(f"the validators of {validators.address} are changed by {feeder}, not by {delegates}")
    validators.set_feeder(delegates, sender=deployer)
    report(f"validators are changed by {delegates} from now on")


Batch = tuple[list[str], list[int], list[bytes], bytes, bytes]


def founding_batch(chain: Chain, deployment: Deployment, settings: MarketSettings) -> Batch:
    """The constitution as the authority takes it: targets, values, payloads, predecessor, salt."""
    calls = constitution(settings, deployment.address, deployment.deployer)
    targets = [deployment.address(call.contract) for call in calls]
    return targets, [0] * len(calls), [encode_call(chain, call) for call in calls], _NO_PREDECESSOR, _SALT


def encode_call(chain: Chain, call: Call) -> bytes:
    """The calldata of a call."""
    return calldata(chain.web3, call.contract, call.function, call.arguments)
