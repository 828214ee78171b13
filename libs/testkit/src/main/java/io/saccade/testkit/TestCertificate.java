package io.saccade.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A key and a certificate that nobody trusts but those who are told to, made by the JDK's own {@code keytool}.
 *
 * @param store    PKCS #12 with both; as a trust store it holds the certificate
 * @param password of the store; no secret
 */
public record TestCertificate(Path store, String password) {

    private static final String PASSWORD = "for-tests-only";

    /** Makes one in a folder, for {@code localhost}, {@code 127.0.0.1} and further names. */
    public static TestCertificate in(Path folder, String... names) {
        var store = folder.resolve("tls.p12");
        var alternatives = new StringBuilder("SAN=dns:localhost,ip:127.0.0.1");
        for (var name : names) {
            alternatives.append(",dns:").append(name);
        }
        keytool(List.of(
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=saccade tests",
                "-validity",
                "2",
                "-ext",
                alternatives.toString(),
                "-ext",
                "BC=ca:true",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
        // A trust store takes a certificate that comes alone; that of a key is none.
        var certificate = folder.resolve("tls.pem").toString();
        keytool(List.of(
                "-exportcert",
                "-rfc",
                "-alias",
                "server",
                "-file",
                certificate,
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
        keytool(List.of(
                "-importcert",
                "-noprompt",
                "-alias",
                "trusted",
                "-file",
                certificate,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD));
        return new TestCertificate(store, PASSWORD);
    }

    /** What a JVM must be started with to trust it, and nobody else. */
    public List<String> trustFlags() {
        return List.of(
                "-Djavax.net.ssl.trustStore=" + store,
                "-Djavax.net.ssl.trustStorePassword=" + password,
                "-Djavax.net.ssl.trustStoreType=PKCS12");
    }

    /** For a client that trusts it. */
    public SSLContext clientContext() {
        try {
            var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            managers.init(keys());
            var context = SSLContext.getInstance("TLS");
            context.init(null, managers.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("the certificate in " + store + " cannot be used", e);
        }
    }

    private KeyStore keys() throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(store)) {
            var keys = KeyStore.getInstance("PKCS12");
            keys.load(in, password.toCharArray());
            return keys;
        }
    }

    /** For a server that shows it. */
    public SSLContext serverContext() {
        try {
            var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys(), password.toCharArray());
            var context = SSLContext.getInstance("TLS");
            context.init(managers.getKeyManagers(), null, null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException("the certificate in " + store + " cannot be used", e);
        }
    }

    private static void keytool(List<String> arguments) {
        var command = new java.util.ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(arguments);
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException("keytool failed: " + output);
            }
        } catch (IOException e) {
            throw new IllegalStateException("keytool could not be started", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while keytool ran", e);
        }
    }
}
