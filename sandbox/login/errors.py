"""Words the login endpoint's errors: OAuth names, AADSTS numbers, messages.

https://learn.microsoft.com/entra/identity-platform/reference-error-codes, v2-oauth2-client-creds-grant-flow and
v2-oauth2-device-code.
"""


class LoginError(Exception):
    """An OAuth error with its AADSTS number."""

    def __init__(self, status: int, error: str, number: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = error
        self.number = number
        self.message = message


def no_tenant(name: str) -> LoginError:
    """A name that is neither a domain nor a GUID is another error than a tenant that does not exist."""
    if "." not in name and name.count("-") != 4:
        message = f"Specified tenant identifier '{name}' is neither a valid DNS name, nor a valid external domain."
        return LoginError(400, "invalid_request", 900023, message)
    message = f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID."
    return LoginError(400, "invalid_request", 90002, message)


def missing(parameter: str) -> LoginError:
    message = f"The request body must contain the following parameter: '{parameter}'."
    return LoginError(400, "invalid_request", 900144, message)


def no_application(client_id: str) -> LoginError:
    message = f"Application with identifier '{client_id}' was not found in the directory 'Contoso'."
    return LoginError(400, "unauthorized_client", 700016, message)


def disabled_application(name: str) -> LoginError:
    message = f"Application '{name}' is disabled."
    return LoginError(400, "unauthorized_client", 7000112, message)


def no_credential() -> LoginError:
    message = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    return LoginError(401, "invalid_client", 7000218, message)


def wrong_secret(app_id: str) -> LoginError:
    message = (
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
        f"not the client secret ID, for a secret added to app '{app_id}'."
    )
    return LoginError(401, "invalid_client", 7000215, message)


def expired_secret(app_id: str) -> LoginError:
    message = f"The provided client secret keys for app '{app_id}' are expired. Create new keys for your app."
    return LoginError(401, "invalid_client", 7000222, message)


def wrong_assertion(why: str) -> LoginError:
    message = f"The certificate with identifier used to sign the client assertion is not accepted. {why}"
    return LoginError(401, "invalid_client", 700027, message)


def wrong_grant(asked: str) -> LoginError:
    return LoginError(400, "unsupported_grant_type", 70003, f"The app returned an unsupported grant type '{asked}'.")


def several_resources(scope: str) -> LoginError:
    message = f"The provided value for scope '{scope}' isn't valid: it names more than one resource."
    return LoginError(400, "invalid_scope", 700022, message)


def wrong_scope(scope: str) -> LoginError:
    message = f"The provided request must include a 'scope' input parameter. The provided value '{scope}' is not valid."
    return LoginError(400, "invalid_scope", 70011, message)


def no_resource(name: str) -> LoginError:
    message = f"The resource principal named '{name}' was not found in the tenant named Contoso."
    return LoginError(400, "invalid_resource", 500011, message)


def no_consent(app_id: str) -> LoginError:
    message = (
        f"The user or administrator has not consented to use the application with ID '{app_id}'. "
        "Send an interactive authorization request for this user and resource."
    )
    return LoginError(400, "invalid_grant", 65001, message)


def needs_second_factor() -> LoginError:
    message = (
        "Due to a configuration change made by your administrator, or because you moved to a new location, you must "
        "use multi-factor authentication to access the resource."
    )
    return LoginError(400, "interaction_required", 50076, message)


def disabled_person() -> LoginError:
    return LoginError(400, "invalid_grant", 50057, "The user account is disabled.")


def no_person() -> LoginError:
    return LoginError(400, "invalid_grant", 50034, "The user account does not exist in the Contoso directory.")


def revoked_grant() -> LoginError:
    message = "The provided grant has expired due to it being revoked, a fresh auth token is needed."
    return LoginError(400, "invalid_grant", 50173, message)


def expired_grant() -> LoginError:
    message = "The refresh token has expired due to inactivity."
    return LoginError(400, "invalid_grant", 700082, message)


def wrong_grant_token() -> LoginError:
    message = "The provided grant is invalid or malformed."
    return LoginError(400, "invalid_grant", 9002313, message)


def pending() -> LoginError:
    message = "OAuth 2.0 device flow error. Authorization is pending. Continue polling."
    return LoginError(400, "authorization_pending", 70016, message)


def too_fast() -> LoginError:
    message = "OAuth 2.0 device flow error. The device polls faster than the interval that it was given."
    return LoginError(400, "slow_down", 70016, message)


def declined() -> LoginError:
    return LoginError(400, "authorization_declined", 65004, "The user declined to consent to access the app.")


def expired_code() -> LoginError:
    message = "The provided value for the input parameter 'device_code' is not valid. This device code has expired."
    return LoginError(400, "expired_token", 70020, message)


def wrong_code() -> LoginError:
    message = "The provided value for the input parameter 'device_code' is not valid."
    return LoginError(400, "bad_verification_code", 70018, message)


def used_code() -> LoginError:
    message = "OAuth2 Authorization code was already redeemed, please retry with a new valid code."
    return LoginError(400, "invalid_grant", 54005, message)
