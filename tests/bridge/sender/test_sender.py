"""What a sender does when the chain, the node or somebody else is in its way."""

import pytest

from wattbook.bridge.outbox.outbox import Outbox
from wattbook.bridge.outbox.records import Call, OutboxError, State
from wattbook.bridge.sender.sender import IN_FLIGHT, Alarm

QUEUED, SENT, MINED, CONFIRMED, FAILED = State


def test_nothing_to_do(desk):
    desk.step()
    assert desk.sender.alarms == {}


def test_some_are_under_way_at_once(desk):
    desk.queue(*range(1, 7))
    desk.step()
    assert desk.states(*range(1, 7)) == [SENT] * IN_FLIGHT + [QUEUED] * 2
    assert desk.once.pooled() == IN_FLIGHT
    desk.once.mine()
    desk.step()
    assert desk.states(*range(1, 7)) == [MINED] * IN_FLIGHT + [SENT] * 2
    desk.finish()
    assert desk.states(*range(1, 7)) == [CONFIRMED] * 6
    assert desk.once.taken() == list(range(1, 7))
    assert [desk[key].nonce for key in range(1, 7)] == list(range(6))


def test_confirmed_at_the_depth_that_is_asked_for(desk):
    desk.queue(1)
    desk.step()
    for _ in range(5):
        desk.once.mine()
        desk.step()
        assert desk[1].state is MINED
    desk.once.mine()
    desk.step()
    assert desk[1].state is CONFIRMED


def test_it_stands_in_the_outbox_before_it_is_sent(desk, monkeypatch):
    monkeypatch.setattr(type(desk.sender), "_broadcast", lambda sender, attempt: None)
    desk.queue(1)
    desk.step()
    [attempt] = desk[1].attempts
    assert desk.once.pooled() == 0
    monkeypatch.undo()
    desk.restart()
    desk.step()
    assert desk.once.pooled() == 1
    desk.finish()
    assert desk[1].inclusion.attempt == attempt.hash


# ---------------------------------------------------------------------------------------------------------------- fees


def test_the_fee_is_raised_in_time(desk):
    desk.queue(1, 2)
    desk.step()
    desk.step(59)
    assert [len(desk[key].attempts) for key in (1, 2)] == [1, 1]
    desk.step(1)
    # The second one waits for the first, whatever it offers.
    assert [len(desk[key].attempts) for key in (1, 2)] == [2, 1]
    first, second = desk[1].attempts
    assert first.nonce == second.nonce
    assert second.tip * 8 >= first.tip * 9 and second.cap * 8 >= first.cap * 9
    assert desk.once.pooled() == 2
    desk.finish()
    assert desk[1].inclusion.attempt == second.hash
    assert desk.once.taken() == [1, 2]


def test_the_base_fee_runs_away(desk):
    desk.queue(1)
    desk.step()
    desk.once.ask("anvil_setNextBlockBaseFeePerGas", hex(10**11))
    desk.once.mine()
    desk.step()
    assert desk[1].state is SENT
    desk.step(60)
    assert desk[1].attempts[-1].cap > 10**11
    desk.finish()
    assert desk.once.taken() == [1]


def test_no_fee_above_the_ceiling(desk):
    desk.restart(max_fee=10**10)
    desk.once.ask("anvil_setNextBlockBaseFeePerGas", hex(10**11))
    desk.once.mine()
    desk.queue(1)
    desk.step()
    [attempt] = desk[1].attempts
    assert attempt.cap == 10**10
    for _ in range(3):
        desk.step(60)
        assert f"at most {10**10} is allowed" in desk.sender.alarms[Alarm.DEAR]
    assert desk[1].attempts == (attempt,)
    desk.once.ask("anvil_setNextBlockBaseFeePerGas", hex(10**9))
    desk.once.mine()
    desk.finish()
    assert desk[1].inclusion.attempt == attempt.hash
    assert desk.sender.alarms == {}


def test_a_clock_that_is_set_back(desk):
    desk.queue(1)
    desk.step()
    desk.once.ask("anvil_dropAllTransactions")
    desk.now -= 100_000
    desk.step()
    assert desk.once.pooled() == 1
    desk.finish()
    assert desk.once.taken() == [1]


# ------------------------------------------------------------------------------------------------------- the chain


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5])
def test_a_reorg(desk, depth):
    desk.queue(1, 2, 3)
    desk.step()
    desk.once.mine(depth)
    desk.step()
    assert desk.states(1, 2, 3) == [MINED] * 3
    desk.once.reorg(depth)
    desk.once.ask("anvil_dropAllTransactions")
    desk.step()
    assert desk.states(1, 2, 3) == [SENT] * 3
    assert desk.once.pooled() == 3
    desk.finish()
    assert desk.once.taken() == [1, 2, 3]
    assert [len(desk[key].attempts) for key in (1, 2, 3)] == [1, 1, 1]


def test_a_reorg_into_another_block(desk):
    """What was in a block is in another one before the sender looks again."""
    desk.queue(1)
    desk.step()
    desk.once.mine()
    desk.step()
    before = desk[1].inclusion
    desk.once.reorg(1)
    desk.once.ask("eth_sendRawTransaction", "0x" + desk[1].attempts[0].raw.hex())
    desk.once.mine()
    desk.step()
    after = desk[1].inclusion
    assert after.block_hash != before.block_hash and after.attempt == before.attempt
    desk.finish()
    assert desk.once.taken() == [1]


def test_after_a_reorg_another_attempt_is_taken(desk):
    desk.queue(1)
    desk.step()
    desk.step(60)
    first, second = desk[1].attempts
    desk.once.mine()
    desk.step()
    assert desk[1].inclusion.attempt == second.hash
    desk.once.reorg(1)
    desk.once.ask("anvil_dropAllTransactions")
    desk.once.ask("eth_sendRawTransaction", "0x" + first.raw.hex())
    desk.once.mine()
    desk.step()
    assert desk[1].inclusion.attempt == first.hash
    desk.finish()
    assert desk.once.taken() == [1]


def test_a_reorg_deeper_than_what_was_final(desk):
    """It is said, and the chain is given again what it took back."""
    desk.queue(1)
    desk.finish()
    desk.once.reorg(desk.once.chain.web3.eth.block_number - desk.once.first_block)
    desk.once.ask("anvil_dropAllTransactions")
    assert desk.once.taken() == []
    desk.queue(2)
    desk.step()
    desk.step()
    assert desk.sender.alarms[Alarm.UNDONE] == "nonce 0 was in a final block and is free again"
    desk.finish()
    assert desk.once.taken() == [1, 2]


def test_a_node_that_lost_its_pool(desk):
    desk.queue(1, 2)
    desk.step()
    desk.once.ask("anvil_dropAllTransactions")
    desk.step(9)
    assert desk.once.pooled() == 0
    desk.step(1)
    assert desk.once.pooled() == 2
    desk.finish()
    assert desk.once.taken() == [1, 2]


# ------------------------------------------------------------------------------------------------------ somebody else


def test_somebody_else_did_it_before(desk):
    desk.once.take(1)
    desk.queue(1, 2)
    desk.step()
    assert desk.states(1, 2) == [QUEUED, SENT]
    assert desk.sender.alarms == {}
    desk.finish()
    assert (desk[1].state, desk[1].note, desk[1].nonce) == (CONFIRMED, "done by somebody else", None)
    assert desk.once.taken() == [1, 2]


def test_somebody_else_did_it_and_it_came_undone(desk):
    desk.once.take(1)
    desk.queue(1)
    desk.step()
    desk.once.reorg(1)
    desk.once.ask("anvil_dropAllTransactions")
    desk.step(10)
    assert desk[1].state is SENT
    desk.finish()
    assert desk.once.taken() == [1]
    assert desk[1].note == ""


def test_somebody_else_was_faster(desk):
    desk.queue(1)
    desk.step()
    raw = desk[1].attempts[0].raw
    desk.once.ask("anvil_dropAllTransactions")
    desk.once.take(1)
    desk.once.ask("eth_sendRawTransaction", "0x" + raw.hex())
    desk.once.mine()
    desk.step()
    assert (desk[1].state, desk[1].inclusion.succeeded) == (MINED, False)
    desk.finish()
    assert (desk[1].state, desk[1].note) == (CONFIRMED, "done by somebody else")


def test_the_nonce_was_used_elsewhere(desk):
    """Somebody sends with the same key by hand."""
    desk.queue(1)
    desk.step()
    desk.once.ask("anvil_dropAllTransactions")
    desk.once.transfer(desk.account)
    for _ in range(5):
        desk.step()
        assert (desk[1].state, desk[1].nonce) == (SENT, 0)
        desk.once.mine()
    desk.step()
    assert desk[1].nonce == 1
    desk.finish()
    assert desk.once.taken() == [1]


# --------------------------------------------------------------------------------------------------------- refusals


def test_reverted_and_not_done(desk):
    desk.is_done = lambda call, block: False
    desk.once.take(1)
    desk.queue(1, 2, gas=100_000)
    desk.step()
    desk.finish()
    assert desk.states(1, 2) == [FAILED, CONFIRMED]
    assert desk[1].note == f"reverted in block {desk[1].inclusion.block}"
    assert [one.key for one in desk.transactions.failed()] == ["1"]
    desk.is_done = desk.once.is_done
    desk.transactions.again("1")
    desk.finish()
    assert desk[1].state is CONFIRMED


def test_what_would_be_refused_is_not_paid_for(desk):
    """And is in nobody's way, and goes when it can."""
    desk.is_done = lambda call, block: False
    desk.once.take(1)
    desk.queue(1, 2)
    desk.step()
    desk.step()
    assert desk.states(1, 2) == [QUEUED, SENT]
    assert desk.sender.alarms[Alarm.REFUSED].startswith("1 would be refused: ")
    desk.once.reorg(1)
    desk.step()
    assert desk[1].state is QUEUED, "it is tried again, but not in every round"
    desk.step(10)
    assert desk[1].state is SENT
    assert desk.sender.alarms == {}


def test_what_was_given_up_is_no_alarm(desk):
    """A batch was taken back, and is signed anew."""
    desk.is_done = lambda call, block: False
    desk.once.take(1)
    desk.once.ask("anvil_setBalance", desk.account.address, "0x1")
    desk.queue(1)
    desk.queue(2, gas=100_000)
    desk.step()
    assert Alarm.REFUSED in desk.sender.alarms
    desk.transactions.end(desk[1], FAILED, "taken back")
    desk.step()
    assert desk.sender.alarms.keys() == {Alarm.POOR}


@pytest.mark.parametrize("spare", [0, 60_000])
def test_gas_to_spare(desk, spare):
    """The chain may have changed when it is in a block, so that it needs more."""
    desk.restart(spare_gas=spare)
    desk.queue(1)
    needed = desk.once.chain.web3.eth.estimate_gas({"to": desk.once.address, "data": "0x" + (1).to_bytes(32).hex()})
    desk.step()
    [attempt] = desk[1].attempts
    assert attempt.gas == needed * 5 // 4 + spare


def test_many_that_would_be_refused_are_in_nobodys_way(desk):
    desk.is_done = lambda call, block: False
    desk.once.take(1)
    for number in range(120):
        desk.queue_call(f"refused {number}", desk.once.call(1))
    desk.queue(2)
    desk.step()
    assert desk[2].state is SENT


def test_what_no_node_will_ever_take_makes_way(desk):
    desk.queue(1, gas=10**12)
    desk.queue(2, 3)
    desk.step()
    assert Alarm.IMPOSSIBLE in desk.sender.alarms
    desk.once.mine()
    desk.step()
    assert desk.once.taken() == []
    desk.step(60)
    assert [attempt.cancels for attempt in desk[1].attempts] == [False, True]
    desk.finish()
    assert desk.states(1, 2, 3) == [FAILED, CONFIRMED, CONFIRMED]
    assert desk[1].note == "cancelled: no node would have taken it"
    assert desk.once.taken() == [2, 3]


def test_an_account_without_money(desk):
    desk.once.ask("anvil_setBalance", desk.account.address, "0x1")
    desk.queue(1, gas=100_000)
    desk.step()
    assert "insufficient funds" in desk.sender.alarms[Alarm.POOR].lower()
    desk.once.ask("anvil_setBalance", desk.account.address, hex(10**18))
    desk.finish()
    assert desk.once.taken() == [1]
    assert desk.sender.alarms == {}


def test_another_process_changed_it(desk):
    """Two with the same right can only be by mistake; neither does what the other did."""
    desk.queue(1)
    stale = desk[1]
    desk.step()
    [attempt] = desk[1].attempts
    with pytest.raises(OutboxError, match="1 is not queued any more; another process changed it"):
        desk.transactions.begin(stale, desk.account.address, attempt)


def test_another_call_never_gets_the_same_nonce(desk):
    desk.queue(1)
    desk.step()
    desk.queue(2)
    [attempt] = desk[1].attempts
    with pytest.raises(OutboxError, match="cannot be written"):
        desk.transactions.begin(desk[2], desk.account.address, attempt)
    assert desk[2].state is QUEUED


def test_what_another_key_sent_is_left_to_it(desk):
    desk.queue(1)
    desk.step()
    other = "0x" + "12" * 20
    assert desk.transactions.under_way(other) == []
    assert desk.transactions.of_other_senders(other) == 1
    assert desk.transactions.of_other_senders(desk.account.address) == 0


def test_a_call_that_stands_in_the_outbox_survives_the_sender(desk, tmp_path):
    desk.queue_call("it", Call(desk.once.address, (7).to_bytes(32), 90_000))
    again = Outbox(str(tmp_path / "outbox.db"))
    assert again.transactions.find("it") == desk["it"]
    again.close()
