"""Why a sign-in was refused, told from Entra's codes, and what an administrator does about it.

Codes: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

import re
from enum import StrEnum

from bot.ports.calendar import Denied


class SignInProblem(StrEnum):
    """Each value is the key of a message."""

    SECRET_WRONG = "sign-in.secret-wrong"  # noqa: S105
    SECRET_EXPIRED = "sign-in.secret-expired"  # noqa: S105
    SECRET_MISSING = "sign-in.secret-missing"  # noqa: S105
    CERTIFICATE_UNKNOWN = "sign-in.certificate-unknown"
    CERTIFICATE_EXPIRED = "sign-in.certificate-expired"
    CREDENTIAL_UNUSABLE = "sign-in.credential-unusable"
    APP_UNKNOWN = "sign-in.app-unknown"
    APP_DISABLED = "sign-in.app-disabled"
    TENANT_UNKNOWN = "sign-in.tenant-unknown"
    CONSENT_MISSING = "sign-in.consent-missing"
    SCOPE_WRONG = "sign-in.scope-wrong"
    MFA_NEEDED = "sign-in.mfa-needed"
    BLOCKED_BY_POLICY = "sign-in.blocked-by-policy"
    USER_DISABLED = "sign-in.user-disabled"
    DECLINED = "sign-in.declined"
    CODE_EXPIRED = "sign-in.code-expired"
    AGAIN = "sign-in.again"
    OTHER = "sign-in.other"


_PROBLEMS = {
    SignInProblem.SECRET_WRONG: ("7000215",),
    SignInProblem.SECRET_EXPIRED: ("7000222",),
    SignInProblem.SECRET_MISSING: ("7000218", "7000216"),
    SignInProblem.CERTIFICATE_UNKNOWN: ("700027", "700021", "50027"),
    SignInProblem.CERTIFICATE_EXPIRED: ("700024", "1000502"),
    SignInProblem.APP_UNKNOWN: ("700016", "7000229"),
    SignInProblem.APP_DISABLED: ("7000112", "70001"),
    SignInProblem.TENANT_UNKNOWN: ("90002", "900023", "900021"),
    SignInProblem.CONSENT_MISSING: ("65001", "650052", "90094", "90008", "65005"),
    SignInProblem.SCOPE_WRONG: ("70011", "28002", "28003", "500011", "700022", "1002012"),
    SignInProblem.MFA_NEEDED: ("50076", "50079", "50072", "50074", "50078"),
    SignInProblem.BLOCKED_BY_POLICY: ("53000", "53001", "53002", "53003", "53004", "50105", "530032"),
    SignInProblem.USER_DISABLED: ("50057", "50034", "50020", "90072"),
    SignInProblem.DECLINED: ("65004",),
    SignInProblem.CODE_EXPIRED: ("70018", "70019", "70020"),
    SignInProblem.AGAIN: ("700082", "700084", "50173", "70008", "70043", "50133", "54005", "700081"),
}
_BY_CODE = {f"AADSTS{number}": problem for problem, numbers in _PROBLEMS.items() for number in numbers}
# Entra's own OAuth words, where no number is told (https://learn.microsoft.com/entra/identity-platform/v2-oauth2-device-code).
_BY_WORD = {
    "authorization_declined": SignInProblem.DECLINED,
    "access_denied": SignInProblem.DECLINED,
    "expired_token": SignInProblem.CODE_EXPIRED,
    "bad_verification_code": SignInProblem.CODE_EXPIRED,
    "code_expired": SignInProblem.CODE_EXPIRED,
    "invalid_grant": SignInProblem.AGAIN,
    "interaction_required": SignInProblem.AGAIN,
    "consent_required": SignInProblem.CONSENT_MISSING,
    "UnusableCredential": SignInProblem.CREDENTIAL_UNUSABLE,
    "NoSuchTenant": SignInProblem.TENANT_UNKNOWN,
}
_ADVICE = {
    SignInProblem.SECRET_WRONG: "The client secret is wrong: paste the secret's value, not its id.",
    SignInProblem.SECRET_EXPIRED: "The client secret has expired: make a new one in the app registration.",
    SignInProblem.SECRET_MISSING: "Set a secret or a certificate; to sign in by a code, allow public client flows.",
    SignInProblem.CERTIFICATE_UNKNOWN: "The certificate is not the app's: upload its public part to the registration.",
    SignInProblem.CERTIFICATE_EXPIRED: "The certificate is out of date, or this machine's clock is wrong: check both.",
    SignInProblem.CREDENTIAL_UNUSABLE: "The private key or the certificate cannot be read: both are PEM texts.",
    SignInProblem.APP_UNKNOWN: "No such app in this tenant: check the client id; an administrator must have consented.",
    SignInProblem.APP_DISABLED: "The app is disabled in this tenant: enable its enterprise application.",
    SignInProblem.TENANT_UNKNOWN: "No such tenant: check the tenant id and the cloud.",
    SignInProblem.CONSENT_MISSING: "Consent is missing: an administrator must grant it.",
    SignInProblem.SCOPE_WRONG: "The scope is not this cloud's: check the cloud.",
    SignInProblem.MFA_NEEDED: "The account must prove itself with a second factor: sign in again and do so.",
    SignInProblem.BLOCKED_BY_POLICY: "A policy of the tenant forbids it: an administrator must make an exception.",
    SignInProblem.USER_DISABLED: "The account is disabled or not of this tenant: check it.",
    SignInProblem.DECLINED: "Signing in was declined: begin again and allow it.",
    SignInProblem.CODE_EXPIRED: "The code was not used in time: begin again.",
    SignInProblem.AGAIN: "The stored sign-in is no longer good: sign in again.",
    SignInProblem.OTHER: "Look the code up at https://login.microsoftonline.com/error and check the app registration.",
}
_AADSTS = re.compile(r"AADSTS\d{3,9}")


class SignInRefused(Denied):
    """No token: `problem` says why. The code is Entra's; `word`, OAuth's, decides where nothing is known of it."""

    def __init__(self, code: str, status: int = 0, *, word: str = "") -> None:
        super().__init__(code or word, status)
        self.problem = problem_of(code, word)

    @property
    def advice(self) -> str:
        return _ADVICE[self.problem]


def problem_of(code: str, word: str = "") -> SignInProblem:
    """Of an AADSTS code, and of an OAuth error's word where nothing is known of the code."""
    return _BY_CODE.get(code) or _BY_WORD.get(code) or _BY_WORD.get(word) or SignInProblem.OTHER


def advice(code: str) -> str:
    """What to do about a refused login."""
    return _ADVICE[problem_of(code)]


def code_in(text: str) -> str:
    """The first AADSTS code of an error's description, or ''."""
    found = _AADSTS.search(text)
    return found[0] if found else ""
