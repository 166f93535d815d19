"""The library's server with the static clients, and the clients' private keys."""
import base64

from cryptojwt.key_jar import build_keyjar
from idpyoidc.server import Server
from idpyoidc.server.configure import OPConfiguration

from configuration import PROVIDER_KEYS, RESPONSES, configuration

# The library leaves the statuses of errors to its operator: RFC 6749 5.2, RFC 6750 3.1.
STATUS = {"invalid_client": 401, "invalid_token": 401}
CODES = {
    "ClientAuthenticationError": "invalid_client",
    "UnAuthorizedClient": "invalid_client",
    "UnknownClient": "invalid_client",
    "BearerTokenAuthenticationError": "invalid_token",
}


def provider(issuer, folder, static, client_keys):
    """The library's server, with the static clients."""
    settings = configuration(issuer, folder)
    op = Server(OPConfiguration(settings, base_path=folder), cwd=folder, key_conf=settings["key_conf"])
    methods = settings["endpoint"]["token"]["kwargs"]["client_authn_method"]
    op.context.provider_info.update({
        "jwks_uri": f"{issuer}/jwks",
        "response_types_supported": RESPONSES,
        "check_session_iframe": f"{issuer}/check_session",
        # The library's own word for it is in no specification.
        "token_endpoint_auth_methods_supported": [
            "none" if name == "public" else name for name in methods
        ],
    })
    # 5.0.0 looks for a summary of keys that a client without keys does not have.
    summary = op.keyjar.key_summary
    op.keyjar.key_summary = lambda owner: summary(owner) if owner in op.keyjar.owners() else ""
    # It asks for a token at the logout endpoint, which has none to ask for.
    op.get_endpoint("session").client_authentication = lambda *args, **kwargs: {}
    # It takes assertions for the endpoint alone, and not for the issuer (OIDC Core 9).
    for name in ("token", "introspection", "token_revocation"):
        op.get_endpoint(name).allowed_targets.append("")
    for client_id, client in static.items():
        op.context.cdb[client_id] = {
            **client,
            "client_id": client_id,
            "redirect_uris": [(uri, None) for uri in client["redirect_uris"]],
            "post_logout_redirect_uri": (client["post_logout_redirect_uri"], None),
        }
        if client["client_secret"]:
            op.keyjar.add_symmetric(client_id, client["client_secret"])
        op.keyjar.import_jwks(client_keys.export_jwks(), client_id)
    return op


def rotate_keys(op):
    fresh = build_keyjar(PROVIDER_KEYS).export_jwks(private=True)
    for owner in ("", op.issuer):
        op.keyjar.return_issuer(owner).set([])
        op.keyjar.import_jwks(fresh, owner)


def private_jwks(keyjar):
    """The private keys, with all members of RSA keys and with curve points of full length."""
    jwks = keyjar.export_jwks(private=True)
    by_id = {key.kid: key for key in keyjar.get_issuer_keys("")}
    for jwk in jwks["keys"]:
        if jwk["kty"] == "RSA":  # RFC 7518 6.3.2
            numbers = by_id[jwk["kid"]].private_key().private_numbers()
            size = numbers.public_numbers.n.bit_length() // 16
            jwk.update(dp=encoded(numbers.dmp1, size), dq=encoded(numbers.dmq1, size))
            jwk.update(qi=encoded(numbers.iqmp, size))
        if jwk["kty"] == "EC":  # RFC 7518 6.2.1.2
            numbers = by_id[jwk["kid"]].private_key().private_numbers()
            size = (numbers.public_numbers.curve.key_size + 7) // 8
            point = numbers.public_numbers
            jwk.update(x=encoded(point.x, size), y=encoded(point.y, size))
            jwk.update(d=encoded(numbers.private_value, size))
    return jwks


def encoded(number, size):
    return base64.urlsafe_b64encode(number.to_bytes(size, "big")).rstrip(b"=").decode()
