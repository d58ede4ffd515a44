"""Settings: whatever is wrong is named at once, whatever is secret is never shown, whatever is unsafe is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.config import SANDBOX_ADMIN, ConfigProblems, Settings, not_on_sandbox
from bot.wiring import open_system

GUID = "00000000-1111-4222-8333-44444444444{}"
SECRET = "q8Q~canary-of-the-bot"
GRAPH_SECRET = "q8Q~canary-of-graph"
GOOD = {
    "FOYER_PUBLIC_URL": "https://foyer.contoso.example",
    "FOYER_APP_ID": GUID.format(1),
    "FOYER_APP_SECRET": SECRET,
    "FOYER_TENANT_ID": GUID.format(2),
    "FOYER_CLIENT_ID": GUID.format(3),
    "FOYER_CLIENT_SECRET": GRAPH_SECRET,
    "FOYER_ADMINS": GUID.format(4),
}


def tenant(handle: str, number: int) -> dict[str, str]:
    return {
        f"FOYER_{handle}_TENANT_ID": GUID.format(number),
        f"FOYER_{handle}_CLIENT_ID": GUID.format(3),
        f"FOYER_{handle}_CLIENT_SECRET": GRAPH_SECRET,
        f"FOYER_{handle}_ADMINS": GUID.format(4),
    }


SERVICE = {name: value for name, value in GOOD.items() if name in ("FOYER_PUBLIC_URL", "FOYER_APP_ID")} | {
    "FOYER_APP_SECRET": SECRET
}


def problems(values: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigProblems) as wrong:
        Settings.from_mapping(values)
    return wrong.value.problems


def test_the_least_that_works() -> None:
    settings = Settings.from_mapping(GOOD | {"PATH": "/bin", "FOYER_ZONE": ""})

    only = settings.tenants[0]
    assert (only.tenant_id, only.name, only.zone, only.cloud) == (GUID.format(2), GUID.format(2), "UTC", "global")
    assert (settings.port, settings.log_form, settings.sandbox) == (3978, "json", False)


def test_every_setting_is_read(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[tenant]\ncontrol = "auto"\n')
    more = {
        "FOYER_APP_TENANT": GUID.format(5).upper(),
        "FOYER_HOST": "127.0.0.1",
        "FOYER_PORT": " 8080 ",
        "FOYER_DATA": "var/foyer",
        "FOYER_LOG_LEVEL": "DEBUG",
        "FOYER_LOG_FORM": "human",
        "FOYER_TENANT_NAME": "Contoso",
        "FOYER_CLOUD": "usgov-l4",
        "FOYER_ADMINS": f" {GUID.format(4)} , {GUID.format(6).upper()},",
        "FOYER_POLICY": str(policy),
        "FOYER_ZONE": "Europe/Oslo",
    }

    settings = Settings.from_mapping(GOOD | more)

    assert (settings.app_tenant, settings.host, settings.port) == (GUID.format(5), "127.0.0.1", 8080)
    assert (settings.data, settings.log_level, settings.log_form) == (Path("var/foyer"), "DEBUG", "human")
    only = settings.tenants[0]
    assert (only.name, only.cloud, only.zone) == ("Contoso", "usgov-l4", "Europe/Oslo")
    assert only.admins == {GUID.format(4), GUID.format(6)}


def test_nothing_set_names_everything_that_is_needed_and_nothing_else() -> None:
    assert [problem.split(":")[0] for problem in problems({})] == [
        "FOYER_TENANT_ID",
        "FOYER_CLIENT_ID",
        "FOYER_CLIENT_SECRET",
        "FOYER_ADMINS",
        "FOYER_PUBLIC_URL",
        "FOYER_APP_ID",
        "FOYER_APP_SECRET",
    ]


def test_every_problem_is_named_at_once() -> None:
    wrong = dict.fromkeys(GOOD, "nonsense") | {"FOYER_PORT": "0", "FOYER_ZONE": "Oslo", "FOYER_CLOUD": "moon"}

    named = {problem.split(":")[0] for problem in problems(wrong)}

    assert named == set(wrong) - {"FOYER_APP_SECRET", "FOYER_CLIENT_SECRET"}  # those may be any words


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FOYER_APP_ID", ""),
        ("FOYER_APP_ID", "contoso.onmicrosoft.com"),
        ("FOYER_APP_ID", GUID.format(1) + "0"),
        ("FOYER_APP_TENANT", "common"),
        ("FOYER_APP_SECRET", "<your secret>"),
        ("FOYER_APP_SECRET", "changeme"),
        ("FOYER_APP_SECRET", "xxxx"),
        ("FOYER_APP_SECRET", "${SECRET}"),
        ("FOYER_APP_SECRET", GUID.format(9)),
        ("FOYER_CLIENT_SECRET", "your-secret-here"),
        ("FOYER_PUBLIC_URL", "http://foyer.contoso.example"),
        ("FOYER_PUBLIC_URL", "foyer.contoso.example"),
        ("FOYER_PUBLIC_URL", "https://foyer.contoso.example/bot"),
        ("FOYER_PUBLIC_URL", "https://foyer.contoso.example?x=1"),
        ("FOYER_PUBLIC_URL", "https://foyer.contoso.example#x"),
        ("FOYER_PUBLIC_URL", "https://user:pass@foyer.contoso.example"),
        ("FOYER_PUBLIC_URL", "https://["),
        ("FOYER_PUBLIC_URL", "https://"),
        ("FOYER_PUBLIC_URL", "https://a b"),
        ("FOYER_PORT", "65536"),
        ("FOYER_PORT", "-1"),
        ("FOYER_PORT", "٨٠"),
        ("FOYER_PORT", "9" * 5000),
        ("FOYER_ZONE", "Mars/Olympus"),
        ("FOYER_ZONE", "Europe"),
        ("FOYER_ZONE", "../../etc/passwd"),
        ("FOYER_ZONE", "W. Europe Standard Time"),
        ("FOYER_CLOUD", "Global "),
        ("FOYER_LOG_LEVEL", "loud"),
        ("FOYER_LOG_FORM", "xml"),
        ("FOYER_ADMINS", "jonas@contoso.example"),
        ("FOYER_ADMINS", ","),
        ("FOYER_POLICY", "/nowhere/policy.toml"),
        ("FOYER_POLICY", "/"),
        ("FOYER_TENANTS", "two words"),
        ("FOYER_TENENT_ID", "a slip of the pen"),
    ],
)
def test_one_wrong_setting_is_one_problem_that_says_what_to_do(name: str, value: str) -> None:
    first = problems(GOOD | {name: value})[0]

    assert first.startswith(f"{name}: ")
    assert len(first.split()) > 4


def test_a_placeholder_of_any_setting_is_not_taken_for_a_value() -> None:
    assert len(problems(dict.fromkeys(GOOD, "<fill in>"))) == len(GOOD)


def test_a_bad_policy_file_is_told_place_by_place(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text('[tenant]\ncontrol = "perhaps"\nlongest_minutes = -1\n')

    told = problems(GOOD | {"FOYER_POLICY": str(policy)})

    assert len(told) == 2
    assert all(problem.startswith("FOYER_POLICY: ") for problem in told)


def test_a_policy_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_bytes(b"\xff\xfe\x00")

    assert "UTF-8" in problems(GOOD | {"FOYER_POLICY": str(policy)})[0]


def test_no_secret_is_in_a_problem_or_in_what_is_printed_of_settings() -> None:
    told = problems(GOOD | {"FOYER_PORT": "x", "FOYER_ADMINS": SECRET, "FOYER_APP_ID": GRAPH_SECRET})
    settings = Settings.from_mapping(GOOD)

    for canary in (SECRET, GRAPH_SECRET):
        assert canary not in " ".join(told)
        assert canary not in repr(settings)
        assert canary not in str(settings.tenants)
    assert settings.app_secret == SECRET


def test_several_tenants_each_have_their_own() -> None:
    values = SERVICE | {"FOYER_TENANTS": "Contoso, fabrikam"} | tenant("CONTOSO", 5) | tenant("FABRIKAM", 6)

    settings = Settings.from_mapping(values | {"FOYER_FABRIKAM_ZONE": "Asia/Tokyo"})

    assert [(one.tenant_id, one.zone) for one in settings.tenants] == [
        (GUID.format(5), "UTC"),
        (GUID.format(6), "Asia/Tokyo"),
    ]


def test_two_handles_for_one_tenant_are_refused() -> None:
    values = SERVICE | {"FOYER_TENANTS": "contoso,fabrikam"} | tenant("CONTOSO", 5) | tenant("FABRIKAM", 5)

    assert problems(values) == ("FOYER_TENANTS: two handles name the same TENANT_ID: leave one out",)


def test_a_handle_without_settings_is_told_once_for_each_and_a_setting_without_a_handle_too() -> None:
    values = SERVICE | {"FOYER_TENANTS": "contoso,fabrikam", "FOYER_TENANT_ID": GUID.format(5)}

    told = problems(values | tenant("CONTOSO", 5))

    assert [problem.split(":")[0] for problem in told] == [
        "FOYER_TENANT_ID",
        "FOYER_FABRIKAM_TENANT_ID",
        "FOYER_FABRIKAM_CLIENT_ID",
        "FOYER_FABRIKAM_CLIENT_SECRET",
        "FOYER_FABRIKAM_ADMINS",
    ]


def test_the_sandbox_is_on_this_machine_alone() -> None:
    settings = Settings.for_sandbox(port=1, sandbox_port=2, data=Path("x"), policy="")

    assert (settings.host, settings.sandbox) == ("127.0.0.1", True)
    assert SANDBOX_ADMIN in settings.tenants[0].admins


def test_a_bad_policy_of_the_sandbox_is_told() -> None:
    with pytest.raises(ConfigProblems):
        Settings.for_sandbox(port=1, sandbox_port=2, data=Path("x"), policy="[tenant]\ncontrol = 3\n")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "localhost.example", "::", ""])
async def test_the_sandboxs_open_door_is_refused_elsewhere(tmp_path: Path, host: str) -> None:
    settings = Settings.for_sandbox(port=1, sandbox_port=2, data=tmp_path / "data", policy="")

    with pytest.raises(ValueError, match=r"127\.0\.0\.1 alone"):
        async with open_system(replace(settings, host=host), SystemClock()):
            pass
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(("sandbox", "told"), [(True, "empty app id"), (False, "the bot needs its app id")])
async def test_an_empty_app_id_is_refused(tmp_path: Path, sandbox: bool, told: str) -> None:
    settings = Settings.for_sandbox(port=1, sandbox_port=2, data=tmp_path / "data", policy="")

    with pytest.raises(ValueError, match=told):
        async with open_system(replace(settings, app_id="", sandbox=sandbox), SystemClock(), work=False):
            pass


@pytest.mark.parametrize("token", ["short", "with a space in the middle", "é" * 20])
def test_a_weak_token_for_metrics_is_refused(token: str) -> None:
    assert problems(GOOD | {"FOYER_METRICS_TOKEN": token})[0].startswith("FOYER_METRICS_TOKEN: must be")
    assert Settings.from_mapping(GOOD | {"FOYER_METRICS_TOKEN": "x" * 16}).metrics_token == "x" * 16


REDIS = "rediss://foyer:canary%21@redis.contoso.example:6380/0"


@pytest.mark.parametrize(
    "url",
    [REDIS, "redis://localhost", "redis://:p@10.0.0.1:6379/2", "unix:///run/redis.sock?db=1", "redis://[::1]:6379"],
)
def test_redis_is_where_its_url_says_and_the_url_is_not_shown(url: str) -> None:
    settings = Settings.from_mapping(GOOD | {"REDIS_URL": url, "REDIS_ACCEPT_LOSS": "1"})

    assert (settings.redis_url, settings.accept_loss) == (url, True)
    assert url not in repr(settings)


def test_without_a_url_it_is_sqlite() -> None:
    settings = Settings.from_mapping(GOOD)

    assert (settings.redis_url, settings.accept_loss) == ("", False)


@pytest.mark.parametrize("url", ["canary", "http://canary:6379", "redis://", "redis://canary/x", "redis://host:canary"])
def test_an_address_that_is_none_of_redis_is_told_without_being_shown(url: str) -> None:
    (problem,) = problems(GOOD | {"REDIS_URL": url})

    assert problem.startswith("REDIS_URL: must be redis://")
    assert "canary" not in problem


def test_loss_is_accepted_by_1_alone() -> None:
    assert problems(GOOD | {"REDIS_ACCEPT_LOSS": "yes"}) == ("REDIS_ACCEPT_LOSS: must be 1, or be left out",)


def test_the_sandbox_is_on_redis_where_that_is_asked_for(tmp_path: Path) -> None:
    settings = Settings.for_sandbox(port=3978, sandbox_port=8800, data=tmp_path, policy="")

    assert settings.beside_sandbox({"REDIS_URL": REDIS}, redis=False).redis_url == ""
    assert settings.beside_sandbox({"REDIS_URL": REDIS}, redis=True).redis_url == REDIS
    with pytest.raises(ConfigProblems, match="REDIS_URL: is missing"):
        settings.beside_sandbox({}, redis=True)


def test_on_the_sandbox_what_can_count_does_and_the_rest_is_known_not_to(tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("[tenant]\nlongest_minutes = 25\n")
    sandbox = Settings.for_sandbox(port=3978, sandbox_port=8800, data=tmp_path, policy="")
    values = {"FOYER_LOG_LEVEL": "DEBUG", "FOYER_LOG_FORM": "json", "FOYER_METRICS_TOKEN": "x" * 16}
    values |= {"FOYER_POLICY": str(policy)}
    ignored = {"FOYER_PORT": "1", "FOYER_APP_SECRET": "'changeme'", "REDIS_URL": "nonsense", "FOYER_HOST": ""}
    of_make_run = {"FOYER_BOT_PORT": "4000"}

    settings = sandbox.beside_sandbox(values | ignored | of_make_run, redis=False)

    assert (settings.log_level, settings.log_form, settings.metrics_token) == ("DEBUG", "json", "x" * 16)
    assert settings.tenants[0].policies != sandbox.tenants[0].policies
    assert (settings.port, settings.app_secret, settings.sandbox) == (3978, "", True)
    told = not_on_sandbox(values | ignored | of_make_run, redis=False)
    assert told == ["FOYER_APP_SECRET", "FOYER_PORT", "REDIS_URL"]
    assert sandbox.beside_sandbox({}, redis=False) == sandbox


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FOYER_METRICS_TOKEN", "short"),
        ("FOYER_POLICY", "/nowhere/policy.toml"),
        ("FOYER_PORTT", "1"),
        ("FOYER_BOT_PROT", "1"),
        ("REDIS_UR", "redis://localhost"),
    ],
)
def test_on_the_sandbox_a_wrong_setting_and_a_name_that_is_none_are_told(name: str, value: str) -> None:
    sandbox = Settings.for_sandbox(port=1, sandbox_port=2, data=Path("x"), policy="")

    with pytest.raises(ConfigProblems, match=f"^{name}: "):
        sandbox.beside_sandbox({name: value}, redis=False)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("REDIS_UR", "REDIS_URL"),
        ("REDIS_URI", "REDIS_URL"),
        ("REDIS_ULR", "REDIS_URL"),
        ("REDISURL", "REDIS_URL"),
        ("redis_url", "REDIS_URL"),
        ("FOYER_REDIS_URL", "REDIS_URL"),
        ("REDIS_ACCEPT_LOS", "REDIS_ACCEPT_LOSS"),
        ("REDIS_ACCEPTED_LOSS", "REDIS_ACCEPT_LOSS"),
        ("FOYER_PORTT", "FOYER_PORT"),
        ("FOYER_METRIC_TOKEN", "FOYER_METRICS_TOKEN"),
    ],
)
def test_a_name_that_is_nearly_ours_is_told_with_the_one_that_it_resembles(name: str, meant: str) -> None:
    assert problems(GOOD | {name: "x"}) == (f"{name}: is not known: is {meant} meant?",)


def test_what_kubernetes_sets_for_a_service_of_our_name_is_told_as_that() -> None:
    names = "FOYER_SERVICE_HOST FOYER_SERVICE_PORT FOYER_SERVICE_PORT_HTTP FOYER_PORT_3978_TCP FOYER_PORT_3978_TCP_ADDR"
    links = dict.fromkeys(names.split(), "10.0.0.1")

    assert Settings.from_mapping(GOOD | links | {"FOYER_PORT": "3978"}).port == 3978
    (problem,) = problems(GOOD | links | {"FOYER_PORT": "tcp://10.0.0.1:3978"})
    assert problem.startswith("FOYER_PORT: was set by Kubernetes")
    assert "enableServiceLinks" in problem


def test_names_that_platforms_set_for_a_redis_are_theirs() -> None:
    """As Kubernetes does of a service named redis, and the images and add-ons that there are."""
    names = """REDIS_HOST REDIS_PORT REDIS_DB REDIS_USER REDIS_USERNAME REDIS_PASSWORD REDIS_TLS REDIS_SSL REDIS_TLS_URL
        REDIS_SERVICE_HOST REDIS_SERVICE_PORT REDIS_PORT_6379_TCP REDIS_PORT_6379_TCP_ADDR REDIS_PORT_6379_TCP_PROTO
        REDIS_VERSION REDIS_DOWNLOAD_URL REDIS_DOWNLOAD_SHA REDIS_SENTINELS REDIS_TTL REDISCLI_AUTH REDIS_NODES"""
    foreign = dict.fromkeys(names.split(), "x")

    assert Settings.from_mapping(GOOD | foreign).redis_url == ""
    assert Settings.from_mapping(GOOD | {"REDIS_URL": REDIS, "REDIS_URI": REDIS}).redis_url == REDIS


def test_quotes_that_came_with_a_value_are_told() -> None:
    """As `docker run --env-file` hands them over; compose and a shell take them away."""
    quoted = {"FOYER_APP_SECRET": f"'{SECRET}'", "FOYER_TENANT_NAME": '"Contoso"', "REDIS_URL": "'redis://localhost'"}
    told = problems(GOOD | quoted)

    for name in quoted:
        assert any(one.startswith(f"{name}: stands in quotes") for one in told)
    assert not any("canary" in one for one in told)
    assert Settings.from_mapping(GOOD | {"FOYER_TENANT_NAME": "Rooms of 'Contoso'"}).tenants[0].name
