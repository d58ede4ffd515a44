"""Entra's codes become verdicts that say what to do."""

import pytest

from bot.graph.verdicts import SignInProblem, SignInRefused, advice, code_in, problem_of
from bot.ports.calendar import Denied


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("AADSTS7000215", SignInProblem.SECRET_WRONG),
        ("AADSTS7000222", SignInProblem.SECRET_EXPIRED),
        ("AADSTS700016", SignInProblem.APP_UNKNOWN),
        ("AADSTS65001", SignInProblem.CONSENT_MISSING),
        ("AADSTS50076", SignInProblem.MFA_NEEDED),
        ("AADSTS50079", SignInProblem.MFA_NEEDED),
        ("AADSTS7000112", SignInProblem.APP_DISABLED),
        ("AADSTS90002", SignInProblem.TENANT_UNKNOWN),
        ("AADSTS900023", SignInProblem.TENANT_UNKNOWN),
        ("AADSTS700027", SignInProblem.CERTIFICATE_UNKNOWN),
        ("AADSTS65004", SignInProblem.DECLINED),
        ("invalid_grant", SignInProblem.AGAIN),
        ("AADSTS123", SignInProblem.OTHER),
    ],
)
def test_a_code_says_what_is_wrong(code: str, problem: SignInProblem) -> None:
    refused = SignInRefused(code, 401)

    assert refused.problem is problem_of(code) is problem
    assert isinstance(refused, Denied)
    assert str(refused) == f"401 {code}"


def test_every_problem_has_its_own_advice() -> None:
    numbers = (7000215, 7000222, 7000218, 700027, 700024, 700016, 7000112, 90002, 65001, 70011)
    by_problem = {problem_of(f"AADSTS{number}"): advice(f"AADSTS{number}") for number in numbers}

    assert len(set(by_problem.values())) == len(by_problem) == 10


def test_the_code_is_found_in_the_words_around_it() -> None:
    assert code_in("AADSTS7000222: The provided client secret keys are expired. AADSTS1") == "AADSTS7000222"
    assert code_in("no code at all") == ""
