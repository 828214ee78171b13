package io.saccade.triton;

import io.grpc.ServerCredentials;
import io.grpc.TlsServerCredentials;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Certificates made by the JDK's keytool for one test: a server and a client, each its own authority. */
record TestCertificates(
        Path authorities, Path serverKey, Path serverCertificate, Path clientKey, Path clientCertificate) {
    private static final String PASSWORD = "changeit";

    static TestCertificates make(Path folder) throws Exception {
        KeyStore server = keyStore(folder, "server");
        KeyStore client = keyStore(folder, "client");
        Path serverCertificate = pem(
                folder,
                "server.crt",
                "CERTIFICATE",
                server.getCertificate("server").getEncoded());
        Path clientCertificate = pem(
                folder,
                "client.crt",
                "CERTIFICATE",
                client.getCertificate("client").getEncoded());
        Path authorities = folder.resolve("authorities.crt");
        Files.writeString(authorities, Files.readString(serverCertificate) + Files.readString(clientCertificate));
        return new TestCertificates(
                authorities,
                pem(folder, "server.key", "PRIVATE KEY", key(server, "server").getEncoded()),
                serverCertificate,
                pem(folder, "client.key", "PRIVATE KEY", key(client, "client").getEncoded()),
                clientCertificate);
    }

    ServerCredentials server(boolean asksForTheClient) throws IOException {
        var credentials = TlsServerCredentials.newBuilder().keyManager(serverCertificate.toFile(), serverKey.toFile());
        if (asksForTheClient) {
            credentials.trustManager(authorities.toFile()).clientAuth(TlsServerCredentials.ClientAuth.REQUIRE);
        }
        return credentials.build();
    }

    private static Key key(KeyStore store, String alias) throws Exception {
        return store.getKey(alias, PASSWORD.toCharArray());
    }

    private static KeyStore keyStore(Path folder, String alias) throws Exception {
        Path file = folder.resolve(alias + ".p12");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair"));
        command.addAll(List.of("-alias", alias, "-keyalg", "EC", "-groupname", "secp256r1", "-validity", "2"));
        command.addAll(List.of("-dname", "CN=" + alias, "-ext", "san=ip:127.0.0.1,dns:localhost"));
        command.addAll(List.of("-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", PASSWORD));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (keytool.waitFor() != 0) {
            throw new IllegalStateException("keytool failed: " + output);
        }
        return KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    }

    private static Path pem(Path folder, String name, String kind, byte[] content) throws IOException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content);
        return Files.writeString(
                folder.resolve(name), "-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n");
    }
}
