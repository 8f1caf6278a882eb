# SPDX-License-Identifier: Apache-2.0
"""Certificates with one fault each, made by openssl, and the doctor that must name it."""
import json
import os
import subprocess
import time

from conftest import TRELLIS, run

LEAF = "keyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE\n"
BOTH_USES = "extendedKeyUsage=serverAuth,clientAuth\n"
EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]


class Workshop:
    """root <- middle <- leaves with any fault; what a machine knows is the root alone."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True)
        (folder / "index.txt").touch()
        (folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nunique_subject=no\nnew_certs_dir=.\nserial=serial\n"
            "rand_serial=yes\ndefault_md=sha256\npolicy=p\ncopy_extensions=none\ndefault_crl_days=20\n"
            "[p]\ncommonName=supplied\n")
        self.openssl("req", "-x509", *EC, "-nodes", "-keyout", "root.key", "-out", "root.crt", "-days", "3000",
                     "-subj", "/CN=Root", "-addext", "basicConstraints=critical,CA:TRUE",
                     "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self.issue("middle", by="root", extensions="basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n",
                   days=(-10, 1000))

    @property
    def root(self):
        return self.folder / "root.crt"

    def openssl(self, *arguments):
        return run("openssl", *arguments, cwd=self.folder)

    def issue(self, name, by="middle", names="DNS:localhost,IP:127.0.0.1", extensions=LEAF + BOTH_USES, key=EC,
              days=(-1, 60), digest="sha256"):
        """NAME.crt (alone) and NAME.key; `days` from now."""
        stamp = lambda day: time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + day * 86400))
        (self.folder / f"{name}.ext").write_text(extensions + (f"subjectAltName={names}\n" if names else ""))
        self.openssl("req", *key, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        self.openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-cert", f"{by}.crt", "-keyfile", f"{by}.key",
                     "-in", f"{name}.csr", "-out", f"{name}.crt", "-extfile", f"{name}.ext", "-md", digest,
                     "-startdate", stamp(days[0]), "-enddate", stamp(days[1]))
        return self

    def chain(self, *names):
        return "".join((self.folder / f"{name}.crt").read_text() for name in names)

    def install(self, dbms, leaf, *above, scope="bolt"):
        """The pair, with what stands above it in this order."""
        folder = dbms.home / "certificates" / scope
        folder.mkdir(parents=True, exist_ok=True)
        key = folder / "private.key"
        key.write_bytes((self.folder / f"{leaf}.key").read_bytes())
        os.chmod(key, 0o600)
        (folder / "public.crt").write_text(self.chain(leaf, *above))
        return folder


class Doctor:
    """`trellis tls doctor --json` on a machine that counts some root as public."""

    def __init__(self, root):
        known = root.parent / "known"
        known.mkdir(exist_ok=True)
        (known / "root.crt").write_text(root.read_text())
        run("openssl", "rehash", known)
        self.environment = {**os.environ, "SSL_CERT_FILE": "/nonexistent", "SSL_CERT_DIR": str(known)}

    def run(self, *arguments):
        return subprocess.run([TRELLIS, "tls", "doctor", *map(str, arguments)], env=self.environment,
                              capture_output=True, text=True, timeout=60)

    def look(self, *arguments):
        done = self.run("--json", *arguments)
        assert done.stdout, done.stderr
        told = json.loads(done.stdout)
        assert told["exit"] == done.returncode, told
        return told

    def ids(self, *arguments):
        return sorted(finding["id"] for finding in self.look(*arguments)["findings"])
