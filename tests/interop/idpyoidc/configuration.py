"""What the provider offers, who has an account, and the static clients."""
import os

# The password of an account is that of its namesake at the other providers.
PASSWORDS = {"alice": "wonderland", "bob": "builder"}
USERS = {
    "alice": {
        "sub": "alice", "name": "Alice Liddell", "given_name": "Alice", "family_name": "Liddell",
        "nickname": "al", "email": "alice@example.test", "email_verified": True,
        "phone_number": "+44 20 7946 0000",
        "address": {"street_address": "1 Tom Quad", "locality": "Oxford", "country": "GB"},
    },
    "bob": {"sub": "bob", "name": "Bob", "email": "bob@example.test", "email_verified": False},
}

SECRET = "fake-idpyoidc-secret-0123456789-0123456789-0123456789-0123456789-01234567"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
SCOPES = ["openid", "profile", "email", "address", "phone", "offline_access"]
GRANTS = ["authorization_code", "implicit", "refresh_token", EXCHANGE]
RESPONSES = [
    "code", "token", "id_token", "id_token token", "code id_token", "code token",
    "code id_token token",
]
# 5.0.0 signs with keys of its own only, which are never those of HMAC, and finds none for ES512.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
TOKENS = ["access_token", "refresh_token", "id_token"]
KEYS = [
    {"type": "RSA", "use": ["sig"]},
    {"type": "EC", "crv": "P-256", "use": ["sig"]},
    {"type": "EC", "crv": "P-384", "use": ["sig"]},
    {"type": "OKP", "crv": "Ed25519", "use": ["sig"]},
]
PROVIDER_KEYS = [*KEYS, {"type": "EC", "crv": "P-256", "use": ["enc"]}]
# Those of the clients; there is one of every kind.
CLIENT_KEYS = [
    *PROVIDER_KEYS,
    {"type": "EC", "crv": "P-521", "use": ["sig"]},
    {"type": "RSA", "use": ["enc"]},
]
# Not those of shared keys: 5.0.0 takes a client's secret itself for one (OIDC Core 10.2 has its hash). Its IV for GCM is
# not that of RFC 7518 5.3, and its key agreement with wrapping not that of 4.6.2.
ENCRYPTION = [
    ("RSA-OAEP", "A128CBC-HS256"),
    ("RSA-OAEP-256", "A256CBC-HS512"),
    ("ECDH-ES", "A128CBC-HS256"),
    ("RSA-OAEP", "A128GCM"),
    ("ECDH-ES+A128KW", "A128CBC-HS256"),
]
ASSERTIONS = ["RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"]
AUTHENTICATION = ["client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"]


def clients(redirect_uris, told):
    """The static clients. Each may authenticate in one way only. Logouts are told below `told`."""

    def client(method, **extra):
        return {
            "redirect_uris": redirect_uris,
            "post_logout_redirect_uri": redirect_uris[0] + "/bye",
            "response_types_supported": RESPONSES,
            "grant_types_supported": GRANTS,
            "allowed_scopes": SCOPES,
            "client_salt": "salted",
            "client_secret": SECRET,
            "token_endpoint_auth_method": method,
            "client_authn_method": [method, "bearer_header", "bearer_body"],
            **extra,
        }

    def signed(algorithm):
        return client("client_secret_basic", id_token_signed_response_alg=algorithm)

    def encrypted(alg, enc):
        return client("client_secret_basic", userinfo_signed_response_alg="ES256", **{
            f"{kind}_encrypted_response_{part}": value
            for kind in ("id_token", "userinfo")
            for part, value in (("alg", alg), ("enc", enc))
        })

    return {
        "basic": client("client_secret_basic"),
        "post": client("client_secret_post"),
        "secret-jwt": client("client_secret_jwt"),
        "public": client("public", client_secret=""),
        **{
            f"pkjwt-{algorithm}": client("private_key_jwt", client_secret="")
            for algorithm in ASSERTIONS
        },
        "front": client(
            "client_secret_basic",
            frontchannel_logout_uri=f"{told}/front", frontchannel_logout_session_required=True,
        ),
        "back": client(
            "client_secret_basic",
            backchannel_logout_uri=f"{told}/back", backchannel_logout_session_required=True,
        ),
        "userinfo-jwt": client("client_secret_basic", userinfo_signed_response_alg="ES256"),
        **{f"enc-{alg.replace('+', '-')}-{enc}": encrypted(alg, enc) for alg, enc in ENCRYPTION},
        **{f"idt-{algorithm}": signed(algorithm) for algorithm in ALGORITHMS if algorithm != "RS256"},
    }


def configuration(issuer, folder):
    """The configuration of `idpyoidc.server`; its keys go into `folder`."""
    here = os.path.dirname(os.path.abspath(__file__))
    lifetime = {"expires_in": 3600}
    audience = {"aud": ["https://rs.example.test"]}
    jwt = {"class": "idpyoidc.server.token.jwt_token.JWTToken"}
    policy = "idpyoidc.server.oauth2.token_helper"
    helper = "idpyoidc.server.oidc.token_helper"
    kinds = [f"urn:ietf:params:oauth:token-type:{kind}" for kind in TOKENS]

    def keys(name, definitions):
        path = os.path.join(folder, name + ".json")
        return {"private_path": path, "read_only": False, "key_defs": definitions}

    def endpoint(path, name, **settings):
        return {"path": path, "class": f"idpyoidc.server.{name}", "kwargs": settings}

    def public(path, name, **settings):
        return endpoint(path, name, client_authn_method=None, **settings)

    def protected(path, name, **settings):
        return endpoint(path, name, client_authn_method=AUTHENTICATION, **settings)

    return {
        "issuer": issuer,
        "entity_id": issuer,
        "base_url": issuer,
        "httpc_params": {"verify": False, "timeout": 3},
        "template_dir": os.path.join(here, "templates"),
        "preference": {
            "subject_types_supported": ["public", "pairwise"],
            "grant_types_supported": GRANTS,
            "scopes_supported": SCOPES,
            "id_token_signing_alg_values_supported": ALGORITHMS,
            "userinfo_signing_alg_values_supported": ALGORITHMS,
        },
        "key_conf": {"uri_path": "jwks", **keys("provider", PROVIDER_KEYS)},
        "cookie_handler": {
            "class": "idpyoidc.server.cookie_handler.CookieHandler",
            "kwargs": {
                "keys": keys("cookie", [
                    {"type": "OCT", "use": [use], "kid": use} for use in ("enc", "sig")
                ]),
                "name": {"session": "idpy", "register": "idpy_rp", "session_management": "sman"},
            },
        },
        "add_on": {"pkce": {
            "function": "idpyoidc.server.oauth2.add_on.pkce.add_support",
            "kwargs": {"essential": False},
        }},
        "authz": {
            "class": "idpyoidc.server.authz.AuthzHandling",
            "kwargs": {"grant_config": {"expires_in": 43200, "usage_rules": {
                "authorization_code": {
                    "supports_minting": TOKENS, "max_usage": 1,
                },
                "access_token": {"supports_minting": ["access_token", "refresh_token"], **lifetime},
                "refresh_token": {"supports_minting": TOKENS, "expires_in": 86400},
            }}},
        },
        "authentication": {"user": {
            "acr": "urn:test:bronze",
            "class": "idpyoidc.server.user_authn.user.UserPassJinja2",
            "kwargs": {
                "template": "user_pass.jinja2",
                "verify_endpoint": "verify/user",
                "db": {"class": "builtins.dict", "kwargs": PASSWORDS},
            },
        }},
        "claims_interface": {"class": "idpyoidc.server.session.claims.ClaimsInterface", "kwargs": {}},
        "userinfo": {"class": "idpyoidc.server.user_info.UserInfo", "kwargs": {"db": USERS}},
        "token_handler_args": {
            "jwks_def": keys("token", [
                {"type": "OCT", "bytes": 24, "use": ["enc"], "kid": kid}
                for kid in ("code", "token", "refresh")
            ]),
            "code": {"lifetime": 600},
            "token": {**jwt, "kwargs": {"lifetime": 3600, "add_claims_by_scope": True, **audience}},
            "refresh": {**jwt, "kwargs": {"lifetime": 86400, **audience}},
            "id_token": {"class": "encrypting.IDToken", "kwargs": {}},
        },
        "endpoint": {
            "webfinger": public(".well-known/webfinger", "oidc.discovery.Discovery"),
            "provider_info": public(
                ".well-known/openid-configuration",
                "oidc.provider_config.ProviderConfiguration",
            ),
            "registration": public("registration", "oidc.registration.Registration"),
            "registration_api": endpoint(
                "registration_api", "oidc.read_registration.RegistrationRead",
                client_authn_method=["bearer_header"],
            ),
            "authorization": public(
                "authorization", "oidc.authorization.Authorization",
                response_types_supported=RESPONSES,
                response_modes_supported=["query", "fragment", "form_post"],
                claims_parameter_supported=True,
            ),
            "token": endpoint(
                "token", "oidc.token.Token",
                client_authn_method=[*AUTHENTICATION, "public"],
                grant_types_helpers={
                    "authorization_code": {"class": f"{helper}.access_token.AccessTokenHelper"},
                    "refresh_token": {"class": f"{helper}.refresh_token.RefreshTokenHelper"},
                    EXCHANGE: {"class": f"{helper}.token_exchange.TokenExchangeHelper", "kwargs": {
                        "subject_token_types_supported": kinds,
                        "requested_token_types_supported": kinds,
                        "policy": {"": {
                            "function": f"{policy}.validate_token_exchange_policy",
                            "kwargs": {"scope": SCOPES},
                        }},
                    }},
                },
            ),
            "userinfo": endpoint(
                "userinfo", "oidc.userinfo.UserInfo",
                client_authn_method=["bearer_header", "bearer_body"],
            ),
            "introspection": protected(
                "introspection", "oauth2.introspection.Introspection",
                release=["username"], enforce_audience_restriction=False,
            ),
            "revocation": protected("revocation", "oauth2.token_revocation.TokenRevocation"),
            "session": endpoint(
                "session", "oidc.session.Session",
                logout_verify_url=f"{issuer}/verify_logout", post_logout_uri_path="post_logout",
                signing_alg="ES256", check_session_iframe=f"{issuer}/check_session",
                frontchannel_logout_supported=True, frontchannel_logout_session_supported=True,
                backchannel_logout_supported=True, backchannel_logout_session_supported=True,
            ),
        },
    }
