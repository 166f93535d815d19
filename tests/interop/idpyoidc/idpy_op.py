#!/usr/bin/env python3
"""A real OpenID Provider (PyPI idpyoidc) with a login form, for loopback tests of a relying party.
Nothing here is fit for anything but tests.

usage: idpy_op.py --state FOLDER [--port PORT] [--pki FOLDER] [--redirect URI...] [--told URI]
                  [--verbose]

The issuer is http://127.0.0.1:PORT, or https://localhost:PORT with --pki, a folder made by mkca.sh.
Writes clients.json into the state folder, prints one JSON line with "ready": true when it answers,
and ends on SIGTERM or when its standard input closes.
"""
import argparse
import html
import json
import logging
import os
import ssl
import sys
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from cryptojwt.key_jar import build_keyjar
from idpyoidc.message.oauth2 import AuthorizationRequest as OAuthRequest
from idpyoidc.message.oauth2 import ResponseMessage
from idpyoidc.message.oidc import AuthorizationRequest
from idpyoidc.server.exception import FailedAuthentication

from configuration import CLIENT_KEYS, clients
from provider import CODES, STATUS, private_jwks, provider, rotate_keys

JSON = ("Content-Type", "application/json")
HTML = ("Content-Type", "text/html; charset=utf-8")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body of an answer would else wait for each other.
    wbufsize = -1

    def log_message(self, *args):
        if self.server.verbose:
            sys.stderr.write(f"{self.command} {self.path}\n")

    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        # The library keeps its state in plain dictionaries.
        with self.server.lock:
            self.route(urlsplit(self.path), body)

    do_POST = do_PUT = do_DELETE = do_GET

    def route(self, url, body):
        fields = dict(parse_qsl(body or url.query, keep_blank_values=True))
        name = self.server.routes.get(url.path.lstrip("/"))
        if name:
            is_json = "json" in (self.headers.get("Content-Type") or "")
            return self.endpoint(name, body if is_json else fields)
        page = {
            "/jwks": self.jwks,
            "/verify/user": self.verify_user,
            "/verify_logout": self.verify_logout,
            "/rp_logout": self.rp_logout,
            "/check_session": self.check_session,
            "/_test/rotate-keys": self.rotate_keys,
        }.get(url.path)
        if page is None:
            return self.answer(404, url.path, [HTML])
        return page(fields)

    def endpoint(self, name, fields):
        endpoint = self.server.op.get_endpoint(name)
        info = {
            "headers": {key.lower(): value for key, value in self.headers.items()},
            "method": self.command,
            "url": self.server.op.issuer + self.path,
            "cookie": self.cookies(),
        }
        if name == "authorization":
            # Without `openid` it is plain OAuth, which the library reads by another class.
            is_login = "openid" in fields.get("scope", "").split()
            endpoint.request_cls = AuthorizationRequest if is_login else OAuthRequest
        try:
            request = endpoint.parse_request(fields, http_info=info)
            refused = isinstance(request, ResponseMessage) and "error" in request
            result = request if refused else endpoint.process_request(request, http_info=info)
        except Exception as error:  # whatever it raises is its refusal
            logging.exception(name)
            kind = type(error).__name__
            return self.error(CODES.get(kind, "invalid_request"), f"{kind}: {error}")
        if name == "registration" and "response_args" in result:
            self.hold_to_method(result["response_args"]["client_id"])
        self.result(endpoint, request, result)

    def hold_to_method(self, client_id):
        """A client that registered itself proves itself as it said, and not in any way at all."""
        client = self.server.op.context.cdb[client_id]
        method = client.get("token_endpoint_auth_method", "client_secret_basic")
        method = "public" if method == "none" else method
        client["client_authn_method"] = [method, "bearer_header", "bearer_body"]

    def result(self, endpoint, request, result):
        """Whatever the library made of a request."""
        if isinstance(result, ResponseMessage) and "error" in result:
            return self.error(result["error"], result.get("error_description", ""))
        if "redirect_location" in result:
            return self.redirect(result["redirect_location"])
        if "http_response" in result:
            page = result["http_response"]
            if isinstance(page, str):
                return self.answer(200, page, [HTML])
            return self.answer(200, json.dumps(page), [JSON])
        out = endpoint.do_response(request=request, **result)
        cookies = out.get("cookie") or []
        cookies = [cookies] if isinstance(cookies, dict) else cookies
        if out.get("response_placement", endpoint.response_placement) == "url":
            return self.redirect(out["response"], cookies)
        headers = dict(out.get("http_headers", []))
        if not any(name.lower() == "content-type" for name in headers):
            headers.update([JSON])
        created = 201 if endpoint.name == "registration" else 200
        self.answer(out.get("response_code", created), out["response"], headers.items(), cookies)

    def jwks(self, _fields):
        self.answer(200, self.server.op.keyjar.export_jwks_as_json(), [JSON])

    def verify_user(self, fields):
        """The login form, sent."""
        form = self.server.op.context.authn_broker.get_method_by_id("user")
        try:
            user = form.verify(username=fields.get("username"), password=fields.get("password"))
            asked = form.unpack_token(fields.get("token", ""))
        except FailedAuthentication:
            return self.answer(401, "wrong name or password", [HTML])
        request = AuthorizationRequest().from_urlencoded(asked["query"])
        endpoint = self.server.op.get_endpoint("authorization")
        session = endpoint.create_session(request, user, asked["authn_class_ref"], asked["iat"], form)
        self.result(endpoint, request, endpoint.authz_part2(request=request, session_id=session))

    def verify_logout(self, fields):
        token = html.escape(fields["sjwt"])
        self.answer(200, (
            '<form method="post" action="/rp_logout">'
            f'<input type="hidden" name="sjwt" value="{token}">'
            '<button name="logout" value="yes">Log out</button></form>'
        ), [HTML])

    def rp_logout(self, fields):
        """The logout page, agreed to."""
        session = self.server.op.get_endpoint("session")
        info = session.unpack_signed_jwt(fields["sjwt"])
        frames = session.do_verified_logout(alla="logout" in fields, sid=info["sid"])
        gone = [{"name": c["name"], "value": "", "max-age": 0} for c in session.kill_cookies()]
        frames = "".join(f"{frame}</iframe>" for frame in frames)
        if not frames:
            return self.redirect(info["redirect_uri"], gone)
        back = html.escape(info["redirect_uri"])
        self.answer(200, f'{frames}<a href="{back}">Back</a>', [HTML], gone)

    def check_session(self, _fields):
        """The library makes `session_state`, and leaves the page to its operator."""
        self.answer(200, "<!DOCTYPE html>\n<title>Session</title>", [HTML])

    def rotate_keys(self, _fields):
        """For tests: new keys instead of all that sign."""
        rotate_keys(self.server.op)
        self.answer(200, "{}", [JSON])

    def cookies(self):
        all_cookies = (self.headers.get("Cookie") or "").split(";")
        pairs = [cookie.strip().split("=", 1) for cookie in all_cookies if "=" in cookie]
        return [{"name": name, "value": value.strip('"')} for name, value in pairs]

    def redirect(self, location, cookies=()):
        self.answer(303, "", [("Location", location)], cookies)

    def error(self, code, text):
        headers = [JSON]
        if code == "invalid_token":
            headers.append(("WWW-Authenticate", f'Bearer error="{code}"'))
        body = json.dumps({"error": code, "error_description": text})
        self.answer(STATUS.get(code, 400), body, headers)

    def answer(self, status, body, headers=(), cookies=()):
        data = body if isinstance(body, bytes) else str(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        for cookie in cookies:
            ends = f"; Max-Age={cookie['max-age']}" if "max-age" in cookie else ""
            self.send_header("Set-Cookie", f"{cookie['name']}={cookie['value']}; Path=/; HttpOnly{ends}")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def end_with_input():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--state", required=True)
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--pki")
    arguments.add_argument("--redirect", nargs="+", default=["http://127.0.0.1:8765/cb"])
    arguments.add_argument("--told", default="http://127.0.0.1:8765/told")
    arguments.add_argument("--verbose", action="store_true")
    given = arguments.parse_args()
    logging.basicConfig(level=logging.DEBUG if given.verbose else logging.CRITICAL)
    warnings.simplefilter("ignore")

    # The issuer holds the port, so the port comes first.
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Handler)
    server.daemon_threads = True
    port = server.server_address[1]
    issuer = f"https://localhost:{port}" if given.pki else f"http://127.0.0.1:{port}"
    if given.pki:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(os.path.join(given.pki, "server.crt"), os.path.join(given.pki, "server.key"))
        # A slow handshake is not to hold up those who come next.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    client_keys = build_keyjar(CLIENT_KEYS)
    static = clients(given.redirect, given.told)
    server.op = provider(issuer, given.state, static, client_keys)
    server.lock, server.verbose = threading.Lock(), given.verbose
    server.routes = {
        urlsplit(endpoint.endpoint_path).path.lstrip("/"): name
        for name, endpoint in server.op.endpoint.items()
    }
    state = {
        "issuer": issuer,
        "client_private_jwks": private_jwks(client_keys),
        "clients": static,
    }
    for name, client in state["clients"].items():
        client["client_id"] = name
        client["client_secret"] = client["client_secret"] or None
    with open(os.path.join(given.state, "clients.json"), "w") as file:
        json.dump(state, file, indent=1)
    threading.Thread(target=end_with_input, daemon=True).start()
    print(json.dumps({"ready": True, "issuer": issuer}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
