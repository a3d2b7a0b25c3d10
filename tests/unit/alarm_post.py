# SPDX-License-Identifier: GPL-3.0-or-later
"""A test message to HTTP servers that take it, refuse it, cannot be trusted, say nothing or talk for
ever: what `alarms --test` says and how long it takes. Usage: alarm_post.py COLLECTOR. Prints TAP."""

import http.server
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time

CONFIG = """network: {{en: Test}}
data: {folder}/data
time-zone: Asia/Shanghai
organisations: [{{name: city}}]
sites: [{{name: hall, organisation: city, tier: access, ipv4: 127.0.0.1}}]
tests: [{{name: echo, interval: 60s}}]
alarms: {{post: "{url}", timeout: 2s}}
"""
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
SECRET = "/hook/s3cret"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, body))
        self.server.answer(self)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer, context=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.seen = answer, []
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A client that refuses the certificate goes away."""


def take(request):
    request.send_response(204)
    request.end_headers()


def fail(request):
    request.send_response(500)
    request.end_headers()


def wait(request):
    time.sleep(10)
    request.close_connection = True


def drip(request):
    """An octet of the answer every 0.2 s: never idle, never done."""
    request.send_response(200)
    request.end_headers()
    try:
        for _ in range(50):
            request.wfile.write(b".")
            request.wfile.flush()
            time.sleep(0.2)
    except OSError:
        pass


def certified(folder):
    key, certificate = (os.path.join(folder, name) for name in ("key.pem", "certificate.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def send(collector, folder, url, trusted=None):
    """(exit code, what was said, seconds); trusted: takes the place of the system's authorities."""
    config = os.path.join(folder, "netgrade.yaml")
    with open(config, "w", encoding="utf-8") as file:
        file.write(CONFIG.format(folder=folder, url=url))
    command = [collector, "alarms", config, "--test"]
    if trusted:
        command = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"',
                   trusted, AUTHORITIES, *command]
    begin = time.monotonic()
    done = subprocess.run(command, text=True, capture_output=True, timeout=60, check=False)
    return done.returncode, done.stderr, time.monotonic() - begin


def can_replace_authorities():
    """Not where / is no mount point, as in a folder that chroot made the root."""
    return (os.geteuid() == 0 and os.path.exists(AUTHORITIES)
            and subprocess.run(["unshare", "--mount", "true"], stderr=subprocess.DEVNULL,
                               check=False).returncode == 0)


def main():
    collector, count = sys.argv[1], 0

    def check(name, passed, note=""):
        nonlocal count
        count += 1
        print(f"{'ok' if passed else 'not ok'} {count} - {name}")
        if not passed:
            print("\n".join(f"# {line}" for line in str(note).splitlines()))

    with tempfile.TemporaryDirectory(prefix="ng-") as folder:
        for name, answer, code, words in (
                ("a server that takes it", take, 0, ""),
                ("an error of the server", fail, 1, "the answer is HTTP 500"),
                ("a server that says nothing", wait, 1, "Timeout was reached"),
                ("an answer that never ends", drip, 1, "Timeout was reached")):
            server = Server(answer)
            found = send(collector, folder, f"http://127.0.0.1:{server.server_port}{SECRET}")
            check(f"{name}: exit code {code}", found[0] == code, found)
            check(f"{name}: said so", words in found[1] and SECRET not in found[1], found)
            check(f"{name}: in bounded time", found[2] < 6, found)
            check(f"{name}: asked once, with a document of JSON",
                  [path for path, _ in server.seen] == [SECRET] and json.loads(server.seen[0][1]),
                  server.seen)
            server.shutdown()
        server = Server(take, certified(folder))
        found = send(collector, folder, f"https://127.0.0.1:{server.server_port}{SECRET}")
        check("a certificate of nobody known is refused",
              found[0] == 1 and "certificate" in found[1] and SECRET not in found[1], found)
        check("and nothing is sent", not server.seen, server.seen)
        if can_replace_authorities():
            found = send(collector, folder, f"https://127.0.0.1:{server.server_port}{SECRET}",
                         os.path.join(folder, "certificate.pem"))
            check("one that the system trusts is taken", found[0] == 0 and len(server.seen) == 1, found)
            found = send(collector, folder, f"https://localhost:{server.server_port}{SECRET}",
                         os.path.join(folder, "certificate.pem"))
            check("under another name it is refused",
                  found[0] == 1 and len(server.seen) == 1 and SECRET not in found[1], found)
        else:
            count += 1
            print(f"ok {count} - one that the system trusts is taken # SKIP no mount namespace")
        server.shutdown()
    print(f"1..{count}")


if __name__ == "__main__":
    main()
