"""A market's settings are complete and possible, or refused with a line that says what is wrong."""

from importlib.resources import files

import pytest

from wattbook.contracts.structs import Purse, Schedule
from wattbook.deployment.local import OFFICE_ACCOUNTS, known_account
from wattbook.deployment.settings import local_settings, read_settings
from wattbook.errors import SettingsError
from wattbook.roles import Role

LOCAL = files("wattbook").joinpath("deployment", "local.toml").read_text()
REGISTRAR = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
REGULATOR = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
ONE, TWO = ("0x" + number.rjust(64, "0") for number in "12")


def test_local_settings_name_the_accounts_of_the_published_mnemonic():
    settings = local_settings()
    assert settings.administrator == known_account("administrator").address
    for member in settings.members:
        assert member.account == known_account(member.name).address
        assert Role(member.roles).name == member.name.rstrip("123").upper()
    assert {member.name for member in settings.members} | {"administrator"} == set(OFFICE_ACCOUNTS)

    def keeper(purse):
        return settings.keeper(purse, lambda contract: f"where {contract} stands")

    assert keeper(Purse.COMMON_FUND) == "where Authority stands"
    assert keeper(Purse.NETWORK) == known_account("grid").address
    for purse in (Purse.PLATFORM, Purse.POOL, Purse.GRID):
        assert keeper(purse) == known_account("operator").address


def test_local_settings_open_books_for_a_quarter_of_an_hour():
    assert local_settings().schedule == Schedule(900, 300, 600, validators=4, block_seconds=5)


def test_a_file_of_the_same_form_gives_the_same_settings(tmp_path):
    path = tmp_path / "park.toml"
    path.write_text(LOCAL)
    assert read_settings(path) == local_settings()


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("administrator =", "administator =", "administrator is missing"),
        ("authority_delay = 60", "authority_delay = 0", "0 is not a whole number of seconds"),
        ("authority_delay = 60", "authority_delay = 1.5", "1.5 is not a whole number of seconds"),
        ("recovery_delay = 60", "recovery_delay = true", "True is not a whole number of seconds"),
        ("points_epoch = ", "# ", "points_epoch is missing"),
        ("points_epoch = 2592000", "points_epoch = 172799", "points_epoch is 172799 seconds, less than two days"),
        ("[points_budgets]", "[budgets]", "points_budgets is missing"),
        ("clean_trade = ", "# ", "clean_trade is missing"),
        ("computation = 10000", "computation = -1", "the budget of points for computation is -1, not a whole number"),
        ("computation = 10000", "computation = true", "the budget of points for computation is True, not a whole"),
        ('platform = "0x15', 'platform = "0x16', "'0x16d34AAf54267DB7D7c367839AAf71A00a2C6A65' is not an address"),
        ("\npool = ", "\npond = ", "pool is missing"),
        ('common_fund = "authority"', 'common_fund = "council"', "'council' is not an address"),
        ("[purses]", "[wallets]", "purses is missing"),
        ("[schedule]", "[timetable]", "schedule is missing"),
        ("[schedule]", "schedule = 900\n[timetable]", "schedule is not a table"),
        ("reveal_seconds = ", "# ", "reveal_seconds is missing"),
        ("commit_seconds = 900", "commit_seconds = 0", "commit_seconds is 0, not a whole number from 1 to 16777215"),
        ("clear_seconds = 600", "clear_seconds = 16777216", "clear_seconds is 16777216, not a whole number from 1 to"),
        ("validators = 4", "validators = 4.0", "validators is 4.0, not a whole number from 1 to 65535"),
        ("block_seconds = 5", "block_seconds = 65536", "block_seconds is 65536, not a whole number from 1 to 65535"),
        ("[governance]", "[rule]", "governance is missing"),
        ("\nvalidators = [", "\nvoters = [", "governance names either validators or the validator_set of a network"),
        ("[governance]", '[governance]\nvalidator_set = "0x1"', "governance names either validators or the"),
        ('    "0x87BdCE72c06C21cd96219BD8521bDF1F42C78b5e",\n', "", "validators are not a list of 4 to 21 addresses"),
        (
            "0x87BdCE72c06C21cd96219BD8521bDF1F42C78b5e",
            "0x553BC17A05702530097c3677091C5BB47a3a7931",
            "validator 0x553BC17A05702530097c3677091C5BB47a3a7931 is named twice",
        ),
        ("[metering]", "[meters]", "metering is missing"),
        ("attesters_needed = ", "# ", "attesters_needed is missing"),
        ("attesters_needed = 2", "attesters_needed = 0", "attesters_needed is 0, not a whole number from 1 to 32"),
        ("attesters_needed = 2", "attesters_needed = 33", "attesters_needed is 33, not a whole number from 1 to 32"),
        (
            "attesters_needed = 2",
            "attesters_needed = true",
            "attesters_needed is True, not a whole number from 1 to 32",
        ),
        ("dispute_window = ", "# ", "dispute_window is missing"),
        ("dispute_window = 60", "dispute_window = 0", "0 is not a whole number of seconds"),
        (
            f'"{REGISTRAR}"',
            '"0x0000000000000000000000000000000000000000"',
            "'0x0000000000000000000000000000000000000000' is not an address",
        ),
        (f'"{REGISTRAR}"', "7", "7 is not an address"),
        (REGISTRAR, REGULATOR, f"two members have the account {REGULATOR}"),
        (f'nullifier = "{ONE}"', f'nullifier = "{TWO}"', f"two members have the nullifier {TWO}"),
        (f'nullifier = "{ONE}"', "", "nullifier of member registrar is missing"),
        (f'credential = "{ONE}"', 'credential = "0x12"', "'0x12' is not a hash of 32 bytes"),
        (f'credential = "{ONE}"', f'credential = "{"0x" + 64 * "0"}"', "is not a hash of 32 bytes"),
        ('["registrar"]', '["roofer"]', "member registrar has the unknown role roofer"),
        ('["registrar"]', '["spend"]', "member registrar has the unknown role spend"),
        ('["registrar"]', "[]", "member registrar has no list of roles"),
        ('["registrar"]', '"registrar"', "member registrar has no list of roles"),
        (
            "certified_until = 2100-01-01T00:00:00Z",
            "certified_until = 2100-01-01T00:00:00",
            "certified_until of member registrar is not a date and time with a zone",
        ),
        (
            "certified_until = 2100-01-01T00:00:00Z",
            "certified_until = 4102444800",
            "certified_until of member registrar is not a date and time with a zone",
        ),
        ("administrator = ", "administrator ", "Expected '=' after a key"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, before, after, complaint):
    assert before in LOCAL
    path = tmp_path / "park.toml"
    path.write_text(LOCAL.replace(before, after, 1))
    with pytest.raises(SettingsError) as caught:
        read_settings(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("members", ["[[members]]", "[members]\nregistrar = 1"])
def test_members_in_another_form(tmp_path, members):
    path = tmp_path / "park.toml"
    path.write_text(LOCAL[: LOCAL.index("[members.")] + members)
    with pytest.raises(SettingsError) as caught:
        read_settings(path)
    assert str(caught.value) == f"{path}: members are not tables of the form [members.name]"


def test_an_address_without_a_checksum(tmp_path):
    path = tmp_path / "park.toml"
    path.write_text(LOCAL.replace(REGISTRAR, REGISTRAR.lower()))
    assert read_settings(path) == local_settings()


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError) as caught:
        read_settings(tmp_path / "park.toml")
    assert str(caught.value) == f"{tmp_path / 'park.toml'} cannot be read: No such file or directory"


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "park.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="can't decode byte"):
        read_settings(path)
