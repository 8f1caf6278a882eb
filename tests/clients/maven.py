# SPDX-License-Identifier: Apache-2.0
"""Java clients from Maven Central."""
import os
import pathlib

from conftest import CACHE, run

HERE = pathlib.Path(__file__).parent


def jars(group, artifact, version):
    """The class path of an artefact and all that it needs."""
    target = CACHE / "java" / f"{artifact}-{version}"
    if not target.is_dir():
        part = target.with_name(target.name + ".part")
        run("mvn", "-B", "-q", "-f", HERE / "java" / "pom.xml", f"-Dclient.group={group}",
            f"-Dclient.artifact={artifact}", f"-Dclient.version={version}",
            f"-DoutputDirectory={part}", "org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy-dependencies")
        os.rename(part, target)
    return f"{target}/*"


def trust_store(authority):
    """The CA as a Java trust store."""
    store = authority.folder / "trust.p12"
    if not store.exists():
        run("keytool", "-importcert", "-noprompt", "-alias", "ca", "-file", authority.certificate,
            "-keystore", store, "-storetype", "PKCS12", "-storepass", "changeit")
    return [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit",
            "-Djavax.net.ssl.trustStoreType=PKCS12"]
