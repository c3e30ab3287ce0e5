"""A scenario's file is read whole, or refused with one line that says where and why."""

import pytest

from wattbook.contracts.structs import Carrier
from wattbook.errors import SettingsError
from wattbook.scenario.file import find, read_scenario, ready
from wattbook.scenario.model import Trouble
from wattbook.scenario.profiles import Load, Recorded, Storage
from wattbook.scenario.strategies import Habit

GOOD = """
name = "small"
about = "Two members for two hours"
seed = 1
start = 2026-10-01T00:00:00Z
slots = 2
slot_seconds = 3_600
utc_offset_minutes = 120
latitude = 48

[[carriers]]
name = "electricity"
pool_in = 80
pool_out = 340
loss_bps = 300
band_bps = 1_000
penalty_bps = 0
network_bps = 1_500
platform_bps = 100
fund_bps = 200

[[members]]
name = "anna"
money_pt = 50
    [[members.devices]]
    kind = "household"
    carrier = "electricity"
    day_wh = 9_000

[[members]]
name = "roofs"
habit = "pool"
    [[members.devices]]
    kind = "pv"
    carrier = "electricity"
    peak_w = 5_000
"""
RECORDED = """
[[members]]
name = "bert"
    [[members.devices]]
    kind = "recorded"
    name = "meter"
    direction = "withdrawal"
    carrier = "electricity"

[[readings]]
file = "readings.csv"
unit = "Wh"
values = "energy"
"""
READINGS = """time,device,value
2026-10-01T00:00:00Z,bert/meter,100
2026-10-01T02:30:00+02:00,bert/meter,50
1790816400,bert/meter,7
"""
LISTED = '[orders]\nfile = "orders.csv"\n'
ORDERS = """slot,member,carrier,side,wh,price,device
2026-10-01T00:00:00Z,roofs,electricity,sell,500,90,roofs/pv
2026-10-01T01:00:00Z,roofs,electricity,buy,600,200,
"""


@pytest.fixture
def read(tmp_path):
    def run(text=GOOD, readings=None, orders=None):
        for name, content in (("readings.csv", readings), ("orders.csv", orders)):
            if content is not None:
                (tmp_path / name).write_text(content)
        file = tmp_path / "small.toml"
        file.write_text(text)
        return read_scenario(file)

    return run


def test_a_file_is_read_whole(read):
    found = read()
    assert (found.start, found.end, list(found.starts)) == (1790812800, 1790820000, [1790812800, 1790816400])
    [trading] = found.tradings
    assert (trading.carrier, trading.feed_in, trading.retail, trading.intake_wh) == (Carrier.ELECTRICITY, 80, 340, 0)
    assert found.money == {"anna": 50_000_000, "roofs": 100_000_000_000}
    anna, roofs = found.members
    assert (anna.habit, roofs.habit) == (Habit.TRADE, Habit.POOL)
    assert (anna.devices[0].name, anna.devices[0].what, anna.devices[0].clean) == (
        "anna/household",
        Load("household", 9_000),
        False,
    )
    assert roofs.devices[0].clean


def test_a_group_is_of_different_sizes(read):
    text = GOOD.replace('name = "anna"', 'name = "anna"\ncount = 4\nspread_bps = 2_000')
    text = text.replace(
        "day_wh = 9_000",
        'day_wh = 9_000\n    [[members.devices]]\n    kind = "storage"\n'
        '    carrier = "electricity"\n    capacity_wh = 8_000\n    rated_w = 4_000\n    efficiency_bps = 9_000\n'
        "    one_in = 2",
    )
    members = read(text).members[:4]
    assert [one.name for one in members] == ["anna 1", "anna 2", "anna 3", "anna 4"]
    assert [len(one.devices) for one in members] == [1, 2, 1, 2]
    sizes = [one.devices[0].what.day_wh for one in members]
    assert len(set(sizes)) > 1
    assert all(7_200 <= size <= 10_800 for size in sizes)
    assert isinstance(members[1].devices[1].what, Storage)


def test_readings_are_added_up_by_slots(read):
    [bert] = [one for one in read(GOOD + RECORDED, READINGS).members if one.name == "bert"]
    assert bert.devices[0].what == Recorded(False, {1790812800: 150, 1790816400: 7}, frozenset())


def test_a_file_may_begin_with_the_mark_of_a_spreadsheet(read):
    assert read(GOOD + RECORDED, "\ufeff" + READINGS) == read(GOOD + RECORDED, READINGS)


def test_blank_lines_say_nothing(read):
    assert read(GOOD + RECORDED, READINGS.replace("\n", "\n\n")) == read(GOOD + RECORDED, READINGS)


def test_a_slot_without_a_line_was_not_heard_of(read):
    text = READINGS.replace("1790816400,bert/meter,7\n", "")
    [bert] = [one for one in read(GOOD + RECORDED, text).members if one.name == "bert"]
    assert bert.devices[0].what == Recorded(False, {1790812800: 150}, frozenset({1790820000}))


def test_between_registers_it_is_spread_evenly(read):
    text = "time,device,value\n1790812800,bert/meter,1.000\n1790820000,bert/meter,1.101\n"
    named = RECORDED.replace('"energy"', '"register"').replace('"Wh"', '"kWh"')
    [bert] = [one for one in read(GOOD + named, text).members if one.name == "bert"]
    assert bert.devices[0].what == Recorded(False, {1790812800: 50, 1790816400: 51}, frozenset({1790816400}))


def test_orders_are_listed(read):
    found = read(GOOD.replace('"pool"', '"listed"') + LISTED, orders=ORDERS)
    assert [(one.member, one.sell, one.wh, one.price, one.device) for one in found.orders] == [
        ("roofs", True, 500, 90, "roofs/pv"),
        ("roofs", False, 600, 200, ""),
    ]


def test_faults_have_times(read):
    text = '[[faults]]\nkind = "{}"\n{} = "{}"\nfrom = 2026-10-01T01:00:00Z\nuntil = 2026-10-01T02:00:00Z\n'
    found = read(GOOD + text.format("silent", "device", "roofs/pv") + text.format("suspended", "member", "anna"))
    assert [(one.trouble, one.device, one.member) for one in found.faults] == [
        (Trouble.SILENT, "roofs/pv", ""),
        (Trouble.SUSPENDED, "", "anna"),
    ]
    assert {(one.since, one.until) for one in found.faults} == {(1790816400, 1790820000)}


def test_the_ready_ones_are_read():
    found = {name: read_scenario(find(name)) for name in ready()}
    assert all(name == scenario.name for name, scenario in found.items())
    assert len(found["village-month"].members) == 30
    assert found["village-month"].slots * found["village-month"].slot_seconds == 31 * 86_400


def test_what_is_neither_a_file_nor_ready(tmp_path):
    with pytest.raises(SettingsError, match=r"atlantis is neither a file nor a ready scenario; those are .*park-day"):
        find("atlantis")
    with pytest.raises(SettingsError, match=r"nowhere\.toml cannot be read: No such file"):
        read_scenario(find(str(tmp_path / "nowhere.toml")))


FAULT = '[[faults]]\nkind = "{kind}"\n{rest}\n'
AT = "at = 2026-10-01T01:00:00Z"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("seed = 1\n", "", "small.toml: seed is missing"),
        ("seed = 1\n", "seed = 1\nweather = 3\n", "small.toml: weather is not known here"),
        ("seed = 1\n", "seed = -1\n", "small.toml: seed is -1, not a whole number from 0 to 4294967296"),
        ("00:00:00Z\nslots", "00:00:00\nslots", "start is 2026-10-01 00:00:00, no date and time of the form"),
        ("00:00:00Z\nslots", "00:30:00Z\nslots", "start is not where a slot of 3600 seconds begins"),
        ("2026-10-01T00", "2016-10-01T00", "start is not between 2020 and 2090"),
        ("3_600", "7_000", "slot_seconds is 7000, which does not divide a day"),
        ("slots = 2", "slots = 0", "slots is 0, not a whole number from 1 to 3000"),
        ("pool_out = 340", "pool_out = 70", "carriers 'electricity': pool_out is 70, not a whole number from 80"),
        ("fund_bps = 200", "fund_bps = 9_000", "carriers 'electricity': network, platform and fund get 10600 of 10000"),
        ("fund_bps = 200", "fund_bps = 200\n[[carriers]]\nname = 'coal'", "carriers 'coal': name is 'coal', not elec"),
        ('name = "roofs"', 'name = "anna"', "small.toml: members: there are two of anna"),
        ('name = "roofs"', 'name = "Roofs"', "members 'Roofs': name is 'Roofs', not at most 40 small letters"),
        ('kind = "pv"', 'kind = "sun"', "devices 1: kind is 'sun', not household or office"),
        ("peak_w = 5_000", "peak_w = 0", "peak_w is 0, not a whole number from 1 to 100000000"),
        ('kind = "pv"\n    carrier = "electricity"', 'kind = "pv"\n    carrier = "gas"', "carrier is 'gas', not elec"),
        ("day_wh = 9_000", "day_wh = 9_000\n    clean = true", "what makes nothing anew is not clean"),
        ('habit = "pool"', 'habit = "guess"', "habit is 'guess', not trade or listed or pool"),
        ('habit = "pool"', 'habit = "listed"', "roofs quotes what is listed, and there are no orders"),
        ('name = "small"', 'name = "small"\nname = "two"', "Cannot overwrite a value"),
    ],
)
def test_a_mistake_is_named(read, old, new, said):
    assert old in GOOD
    with pytest.raises(SettingsError) as caught:
        read(GOOD.replace(old, new))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "rest", "said"),
    [
        ("flood", AT, "faults 1: kind is 'flood', not silent or bridge_down"),
        ("lie", f'device = "anna/household"\n{AT}', "wh is missing"),
        ("lie", f'device = "household"\nwh = 3\n{AT}', "device is 'household', which the scenario does not have"),
        ("unrevealed", f'member = "eve"\n{AT}', "member is 'eve', which the scenario does not have"),
        ("unrevealed", 'member = "anna"\nat = 2026-10-02T00:00:00Z', "at is not in the scenario's time"),
        ("unrevealed", 'member = "anna"\nat = 2026-10-01T00:20:00Z', "at is not where a slot begins or ends"),
        ("unrevealed", 'member = "anna"\nat = 2026-10-01T02:00:00Z', "at is the scenario's end, when no slot begins"),
        (
            "bridge_down",
            "from = 2026-10-01T01:00:00Z\nuntil = 2026-10-01T01:00:00Z",
            "until is not after from",
        ),
        (
            "bridge_down",
            "from = 2026-10-01T00:00:00Z\nuntil = 2026-10-01T01:00:00Z",
            "from is the scenario's start, when all meters are read first",
        ),
        (
            "replaced",
            'device = "anna/household"\nat = 2026-10-01T00:00:00Z',
            "at is the scenario's start, when all meters are read first",
        ),
    ],
)
def test_a_mistaken_fault_is_named(read, kind, rest, said):
    with pytest.raises(SettingsError) as caught:
        read(GOOD + FAULT.format(kind=kind, rest=rest))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("time,device,value", "when,device,value", "readings.csv line 1: is not time,device,value"),
        ("2026-10-01T00:00:00Z", "2026-10-01T00:00:00", "line 2: time is '2026-10-01T00:00:00', a local time"),
        ("2026-10-01T00:00:00Z", "yesterday", "line 2: time is 'yesterday', no time of the form"),
        ("2026-10-01T00:00:00Z", "2026-10-01T00:00:00.5Z", "finer than a second"),
        ("1790816400", "1790820000", "line 4: 1790820000 is not in the scenario's time"),
        ("1790816400", "1790812800", "line 4: bert/meter has two lines of 1790812800"),
        ("bert/meter,7", "bert/motor,7", "line 4: device is 'bert/motor', which the scenario does not have"),
        ("bert/meter,7", "bert/meter,-7", "line 4: value is '-7', not a whole number from 0 to 10000000000"),
        pytest.param("bert/meter,7", "bert/meter," + "7" * 5_000, "line 4: value is '777", id="value of 5,000 digits"),
        pytest.param("1790816400", "1" * 5_000, "line 4: time is '111", id="time of 5,000 digits"),
        ("bert/meter,7", "bert/meter", "line 4: has 2 fields, not 3"),
        ("bert/meter,7", 'bert/meter,"7', "line 4: unexpected end of data"),
    ],
)
def test_a_mistaken_reading_is_named(read, old, new, said):
    assert old in READINGS
    with pytest.raises(SettingsError) as caught:
        read(GOOD + RECORDED, READINGS.replace(old, new))
    assert said in str(caught.value)


def test_readings_must_be_there(read):
    with pytest.raises(SettingsError, match=r"readings\.csv cannot be read"):
        read(GOOD + RECORDED)
    with pytest.raises(SettingsError, match="bert/meter is recorded, and no file has readings of it"):
        read(GOOD + RECORDED, "time,device,value\n")
    again = RECORDED[RECORDED.index("[[readings]]") :]
    with pytest.raises(SettingsError, match="bert/meter has readings in two files"):
        read(GOOD + RECORDED + again, READINGS)


def test_registers_that_cannot_be(read):
    text = RECORDED.replace('"energy"', '"register"')
    with pytest.raises(SettingsError, match="bert/meter has no register at the scenario's start"):
        read(GOOD + text, "time,device,value\n1790816400,bert/meter,100\n")
    with pytest.raises(SettingsError, match="the register of bert/meter falls"):
        read(GOOD + text, "time,device,value\n1790812800,bert/meter,100\n1790816400,bert/meter,99\n")
    with pytest.raises(SettingsError, match="1790812801 is not where a slot begins or ends"):
        read(GOOD + text, "time,device,value\n1790812801,bert/meter,100\n")
    with pytest.raises(SettingsError, match=r"value: 1\.0001 kWh is finer than 1 Wh"):
        read(GOOD + text.replace('"Wh"', '"kWh"'), "time,device,value\n1790812800,bert/meter,1.0001\n")


def test_what_is_made_is_subsidised_by_the_month(read):
    programme = '[[subsidies]]\ncarrier = "electricity"\nfor = "making"\nrate = 50\npot_pt = 9\n'
    month = GOOD.replace("slots = 2", "slots = 744")
    assert read(month + programme).subsidies
    for text in (GOOD, GOOD.replace("slots = 2", "slots = 743")):
        with pytest.raises(SettingsError, match="what is made is subsidised by whole months of UTC, and this is none"):
            read(text + programme)
    with pytest.raises(SettingsError, match="subsidies: there are two of electricity for making"):
        read(month + programme * 2)


@pytest.mark.parametrize(("kind", "rest"), [("lie", "wh = 3"), ("replaced", "")], ids=["lie", "replaced"])
@pytest.mark.parametrize(
    "silence",
    [
        FAULT.format(
            kind="silent", rest='device = "bert/meter"\nfrom = 2026-10-01T01:00:00Z\nuntil = 2026-10-01T02:00:00Z'
        ),
        FAULT.format(kind="bridge_down", rest="from = 2026-10-01T01:00:00Z\nuntil = 2026-10-01T02:00:00Z"),
        "no line of the slot",
    ],
    ids=["silent", "bridge down", "without a line"],
)
def test_what_is_said_of_a_meter_that_is_not_heard_of(read, silence, kind, rest):
    fault = FAULT.format(kind=kind, rest=f'device = "bert/meter"\nat = 2026-10-01T01:00:00Z\n{rest}')
    assert read(GOOD + RECORDED + fault, READINGS).faults
    faults, readings = fault + silence, READINGS
    if silence == "no line of the slot":
        faults, readings = fault, "time,device,value\n1790816400,bert/meter,7\n"
    with pytest.raises(SettingsError, match=f"faults: bert/meter has a fault of kind {kind} when it is not heard of"):
        read(GOOD + RECORDED + faults, readings)


@pytest.mark.parametrize(("until_hour", "fits"), [(13, False), (14, True), (12, True)])
def test_piles_that_charge_for_less_than_a_slot(read, until_hour, fits):
    """From the same hour to the same is all day."""
    piles = 'kind = "charging"\nday_wh = 9_000\nrated_w = 4_000\nfrom_hour = 12\nuntil_hour = {}'
    long = GOOD.replace("slot_seconds = 3_600", "slot_seconds = 7_200")
    text = long.replace('kind = "household"', piles.format(until_hour)).replace("day_wh = 9_000\n", "", 1)
    if fits:
        assert read(text).members
    else:
        with pytest.raises(SettingsError, match="anna/charging charges for less than a slot of 7200 seconds"):
            read(text)


def test_who_is_suspended_twice_trades_in_between(read):
    def suspended(since, until, member="anna"):
        rest = f'member = "{member}"\nfrom = 2026-10-01T0{since}:00:00Z\nuntil = 2026-10-01T0{until}:00:00Z'
        return FAULT.format(kind="suspended", rest=rest)

    day = GOOD.replace("slots = 2", "slots = 9")
    assert read(day + suspended(4, 5) + suspended(1, 3) + suspended(2, 4, "roofs")).faults
    for again in (suspended(2, 5), suspended(0, 1), suspended(3, 4)):
        with pytest.raises(SettingsError, match="anna is suspended again before a slot in which he is not"):
            read(day + suspended(1, 3) + again)


def test_what_is_silent_too_long(read):
    long = GOOD.replace("slots = 2", "slots = 200")
    text = "from = 2026-10-01T01:00:00Z\nuntil = 2026-10-05T0{}:00:00Z"
    silent, down = 'device = "roofs/pv"\n' + text, text
    said = "{} for 96 slots; the next reading can tell of 96"
    assert read(long + FAULT.format(kind="silent", rest=silent.format(0))).faults
    with pytest.raises(SettingsError, match=said.format("roofs/pv is not heard of")):
        read(long + FAULT.format(kind="silent", rest=silent.format(1)))
    with pytest.raises(SettingsError, match=said.format("the bridge is down")):
        read(long + FAULT.format(kind="bridge_down", rest=down.format(1)))
    a_day_more = "from = 2026-10-05T00:00:00Z\nuntil = 2026-10-06T00:00:00Z"
    two = FAULT.format(kind="silent", rest=silent.format(0)) + FAULT.format(kind="bridge_down", rest=a_day_more)
    with pytest.raises(SettingsError, match="roofs/pv is not heard of for 119 slots; the next reading can tell of 96"):
        read(long + two)
    with pytest.raises(
        SettingsError, match="bert/meter is not heard of for 195 slots; the next reading can tell of 96"
    ):
        read(long + RECORDED, READINGS + "1791522000,bert/meter,3\n")


def test_what_is_silent_for_good_is_never_too_long(read):
    """There is no reading after it."""
    long = GOOD.replace("slots = 2", "slots = 120")
    rest = "from = 2026-10-01T01:00:00Z\nuntil = 2026-10-06T00:00:00Z"
    assert read(long + FAULT.format(kind="bridge_down", rest=rest)).faults
    assert read(long + FAULT.format(kind="silent", rest=f'device = "roofs/pv"\n{rest}')).faults
    assert read(long + RECORDED, READINGS).members


def test_one_thing_at_a_time_is_said_of_a_meter(read):
    lie = FAULT.format(kind="lie", rest=f'device = "anna/household"\n{AT}\nwh = 3')
    replaced = FAULT.format(kind="replaced", rest=f'device = "anna/household"\n{AT}')
    assert len(read(GOOD + lie + lie.replace("anna/household", "roofs/pv")).faults) == 2
    for other in (lie, replaced):
        with pytest.raises(SettingsError, match="faults: there are two of anna/household at 1790816400"):
            read(GOOD + lie + other)


def test_too_many_orders(read):
    many = ORDERS + "2026-10-01T00:00:00Z,roofs,electricity,buy,600,200,\n" * 16
    with pytest.raises(SettingsError, match=r"orders\.csv line 19: roofs has more than 16 orders in a book"):
        read(GOOD.replace('"pool"', '"listed"') + LISTED, orders=many)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("01:00:00Z", "01:20:00Z", "orders.csv line 3: slot 2026-10-01T01:20:00Z is none of the scenario's"),
        (
            "roofs,electricity,buy",
            "anna,electricity,buy",
            "line 3: member is 'anna', who quotes nothing that is listed",
        ),
        ("buy", "lend", "line 3: side is 'lend'"),
        ("600,200,", "600,200,roofs/pv", "line 3: who buys names no device"),
        ("90,roofs/pv", "90,anna/household", "device 'anna/household' is none of 'roofs' that makes electricity"),
        ("500,90", "99,90", "line 2: wh is '99', not a whole number from 100 to 10000000"),
        ("500,90", "500,70000", "line 2: price is '70000', not a whole number from 0 to 65535"),
    ],
)
def test_a_mistaken_order_is_named(read, old, new, said):
    assert old in ORDERS
    with pytest.raises(SettingsError) as caught:
        read(GOOD.replace('"pool"', '"listed"') + LISTED, orders=ORDERS.replace(old, new))
    assert said in str(caught.value)
