"""The settings' file, read strictly."""

from pathlib import Path

import pytest

from frontend_api.settings import KeyPlace, Limits, Settings, read_settings
from wattbook.errors import SettingsError

_WHOLE = """
database = "postgresql://me@host/db"
password_environment = "PASSWORD"
rpc = "wss://node.example"
secret = "of/the.api"
[http]
host = "0.0.0.0"
port = 443
origin = "https://market.example"
allow_origins = ["https://partner.example"]
proxies = ["10.0.0.1"]
[limits]
requests_per_second = 5
burst = 6
streams = 7
streams_of_one = 3
body_bytes = 2048
[bridge]
url = "https://bridge.example/"
environment = "OPERATOR_KEY"
[relay]
keystore = "relay.json"
[webhooks]
plain_http = true
private_networks = true
"""


def test_all_of_it_is_read(tmp_path: Path):
    path = tmp_path / "api.toml"
    path.write_text(_WHOLE)
    found = read_settings(path)
    assert found.where({"PASSWORD": "x:y"}) == "postgresql://me:x%3Ay@host/db"
    with pytest.raises(SettingsError, match="PASSWORD is not set"):
        found.where({})
    assert found.secret_file == tmp_path / "of/the.api"
    assert (found.origin, found.domain, found.secure) == ("https://market.example", "market.example", True)
    assert found.limits == Limits(requests_per_second=5, burst=6, streams=7, streams_of_one=3, body_bytes=2_048)
    assert found.bridge and found.bridge.url == "https://bridge.example"
    assert found.relay == KeyPlace(tmp_path / "relay.json", None)
    assert found.webhooks.plain_http and found.webhooks.private_networks


def test_nothing_needs_to_be_set_and_flags_go_before_the_file(tmp_path: Path):
    (tmp_path / "api.toml").write_text("database = 'there.db'")
    assert read_settings(None) == Settings()
    assert read_settings(tmp_path / "api.toml").database == str(tmp_path / "there.db")
    assert read_settings(tmp_path / "api.toml", database="here.db", port=None).database == "here.db"
    assert read_settings(None, port=9_000).origin == "http://127.0.0.1:9000"


def test_a_secret_is_made_once_and_for_nobody_else(tmp_path: Path):
    settings = Settings(secret_file=tmp_path / "api.secret")
    assert settings.secret() == settings.secret()
    assert len(settings.secret()) == 64
    assert settings.secret_file.stat().st_mode & 0o777 == 0o600
    settings.secret_file.write_text("short")
    with pytest.raises(SettingsError, match="holds no secret"):
        settings.secret()
    with pytest.raises(SettingsError, match="cannot be written"):
        Settings(secret_file=tmp_path / "no" / "such" / "folder").secret()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("databse = 'x'", "databse is not known here"),
        ("[http]\norigin = 'market.example'", "is no origin"),
        ("[http]\norigin = 'http://market.example'", "only https:// goes beyond this machine"),
        ("[http]\nport = 70000", "port is 70000"),
        ("[http]\nallow_origins = 'https://x.example'", "no list of texts"),
        ("database = 'postgresql://me:secret@host/db'", "has a password in it"),
        ("database = 'mysql://host/db'", "neither a file nor at postgresql"),
        ("rpc = 'nonsense'", "rpc is 'nonsense'"),
        ("[relay]\nkey = '0x1'", "key does not stand in the file"),
        ("[relay]\nkeystore = 'a'\nenvironment = 'B'", "name one of the two"),
        ("[bridge]\nurl = 'https://b.example'", "name one of the two"),
        ("[limits]\nstreams = -1", "streams is -1"),
        ("[webhooks]\nplain_http = 'yes'", "neither true nor false"),
        ("[http", "api.toml"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, text: str, said: str):
    (tmp_path / "api.toml").write_text(text)
    with pytest.raises(SettingsError) as refused:
        read_settings(tmp_path / "api.toml")
    assert said in str(refused.value) and "secret@" not in str(refused.value)
