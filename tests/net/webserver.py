# SPDX-License-Identifier: GPL-3.0-or-later
"""A web server for a lab: nginx in the far namespace, with certificates that openssl makes."""

import os
import shutil
import subprocess
import time

import lab

NAME = "www.example.test"
PLAIN, RIGHT, MISNAMED, EXPIRED, UNKNOWN = 8080, 8443, 8444, 8445, 8446
TEXT = "政务服务网"
PAGE = f"<html><title>{TEXT}</title>" + "<p>line</p>\n" * 2000 + "</html>\n"
CONFIGURATION = """
daemon off; master_process off; worker_processes 1; pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
  access_log {folder}/access.log; default_type text/html; charset utf-8;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  gzip on; ssl_protocols TLSv1.2 TLSv1.3;
  {servers}
}}
"""
SERVER = """
  server {{
    listen {port}{tls}; listen [::]:{port}{tls};
    {certificate}
    root {folder}/pages;
    location = /error {{ return 500 "sorry"; }}
    location = /robots {{ return 405 "<title>captcha</title>"; }}
    location = /hop {{ return 302 /; }}
    location = /loop {{ return 302 /loop; }}
    location = /to-name {{ return 302 http://moved.example.test:8080/; }}
    location = /to-nobody {{ return 302 http://nobody.example.test:8080/; }}
    location = /to-ipv6 {{ return 302 http://[fd77:1::7]:8080/; }}
  }}
"""


def missing():
    """What this machine lacks for it; None if nothing."""
    for program in ("nginx", "openssl"):
        if not shutil.which(program):
            return f"no {program}"
    return None


def openssl(*arguments):
    lab.run("openssl", *arguments)


class Authority:
    """Makes certificates in a folder; its own is believed where --authorities names it."""

    def __init__(self, folder, name="trial"):
        self.folder, self.name = folder, name
        self.file, self.key = self.path("crt"), self.path("key")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self.key, "-out", self.file, "-days", "30", "-subj",
                f"/O=Trial authority {name}")

    def path(self, end):
        return os.path.join(self.folder, f"authority-{self.name}.{end}")

    def issue(self, label, host, not_after=None):
        """{certificate, key}. not_after: YYYYMMDDhhmmssZ, of one that began years before."""
        key, request, made = (os.path.join(self.folder, f"{label}.{end}")
                              for end in ("key", "csr", "crt"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                key, "-out", request, "-subj", f"/CN={host}")
        extensions = os.path.join(self.folder, f"{label}.ext")
        with open(extensions, "w", encoding="ascii") as file:
            file.write(f"subjectAltName=DNS:{host}\n")
        if not_after:
            self._issue_dated(request, made, extensions, not_after)
        else:
            openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self.key,
                    "-CAcreateserial", "-days", "20", "-extfile", extensions, "-out", made)
        return made, key

    def _issue_dated(self, request, made, extensions, not_after):
        with open(os.path.join(self.folder, "index.txt"), "w", encoding="ascii"):
            pass
        path = os.path.join(self.folder, "ca.cnf")
        with open(path, "w", encoding="ascii") as file:
            file.write(f"[ca]\ndefault_ca=d\n[d]\ndatabase={self.folder}/index.txt\n"
                       f"new_certs_dir={self.folder}\nrand_serial=yes\ndefault_md=sha256\n"
                       "policy=p\n[p]\ncommonName=supplied\n")
        openssl("ca", "-batch", "-config", path, "-in", request, "-out", made, "-cert", self.file,
                "-keyfile", self.key, "-extfile", extensions, "-startdate", "20200101000000Z",
                "-enddate", not_after, "-notext")


def servers(link, authority):
    stranger = Authority(link.folder.name, "stranger")
    shown = {RIGHT: authority.issue("right", NAME),
             MISNAMED: authority.issue("misnamed", "www.another.test"),
             EXPIRED: authority.issue("expired", NAME, "20210101000000Z"),
             UNKNOWN: stranger.issue("unknown", NAME)}
    text = SERVER.format(port=PLAIN, tls="", certificate="", folder=link.folder.name)
    for port, (certificate, key) in shown.items():
        text += SERVER.format(port=port, tls=" ssl", folder=link.folder.name, certificate=
                              f"ssl_certificate {certificate}; ssl_certificate_key {key};")
    return text


def wait_for(namespace, port):
    """Until something listens at the port."""
    deadline = time.monotonic() + lab.READY_S
    while f":{port} " not in lab.run(*lab.inside(namespace, "ss", "-ltn")).stdout:
        if time.monotonic() > deadline:
            raise RuntimeError(f"nothing listens at port {port}")
        time.sleep(0.05)


def start(link):
    """Starts nginx; returns the authority that its certificates are by."""
    folder = link.folder.name
    os.chmod(folder, 0o755)  # the collector becomes another user
    authority = Authority(folder)
    os.mkdir(link.path("pages"))
    for name, text in (("index.html", PAGE), ("other.html", "<html>under construction</html>")):
        with open(os.path.join(folder, "pages", name), "w", encoding="utf-8") as file:
            file.write(text)
    for path in ("pages", "pages/index.html", "pages/other.html"):
        os.chmod(link.path(path), 0o755)
    path = link.path("nginx.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(CONFIGURATION.format(folder=folder, servers=servers(link, authority)))
    link.children.append(subprocess.Popen(lab.inside(link.far, "nginx", "-c", path, "-e",
                                                     f"{folder}/error.log"),
                                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    wait_for(link.far, UNKNOWN)
    return authority


def visited(link):
    """[(address, path, status, user agent)] of nginx's own log."""
    rows = []
    with open(link.path("access.log"), encoding="utf-8") as file:
        for line in file:
            parts = line.split('"')
            rows.append((line.split()[0], parts[1].split()[1], int(parts[2].split()[0]), parts[5]))
    return rows
