package io.saccade.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.saccade.guard.Verdict.Allowed;
import io.saccade.guard.Verdict.Forbidden;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UrlPolicyTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    @Test
    void standardIsThePublicInternetByName() {
        // Given
        var standard = UrlPolicy.standard();

        // Then
        assertThat(standard.schemes()).containsExactlyInAnyOrder("http", "https");
        assertThat(standard.ports()).containsExactlyInAnyOrder(80, 443);
        assertThat(standard.maxRedirects()).isEqualTo(3);
        assertThat(standard.allowedNetworks()).isEmpty();
        assertThat(code("http://8.8.8.8/", standard)).isEqualTo(FetchCode.HOST_FORBIDDEN);
        assertAllowed("http://a.example/", standard, "8.8.8.8");
        assertThat(UrlPolicy.builder().build()).isEqualTo(standard);
        assertThat(standard.toBuilder().build()).isEqualTo(standard);
    }

    @Test
    void opensANetworkForNamesAndLiterals() {
        // Given
        var policy = UrlPolicy.builder()
                .allowedNetworks(List.of("10.1.0.0/16", "fd00:1::/32"))
                .build();

        // Then
        assertAllowed("http://store.example/", policy, "10.1.2.3");
        assertAllowed("http://store.example/", policy, "fd00:1::5");
        assertAllowed("http://10.1.0.0/", policy, "8.8.8.8");
        assertAllowed("http://10.1.255.255/", policy, "8.8.8.8");
        assertAllowed("http://[fd00:1::1]/", policy, "8.8.8.8");
        assertAllowed(
                "http://[::ffff:10.1.2.3]/", policy.toBuilder().literals(true).build(), "8.8.8.8");
        assertAllowed("http://store.example/", policy, "64:ff9b::10.1.2.3");
        assertThat(code("http://10.0.255.255/", policy)).isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
        assertThat(code("http://10.2.0.0/", policy)).isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
        assertThat(code("http://store.example/", policy, "10.2.0.0")).isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
        assertThat(code("http://store.example/", policy, "10.1.2.3", "127.0.0.1"))
                .isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
    }

    @Test
    void neverOpensMetadataServices() {
        // Given
        var wideOpen = UrlPolicy.builder()
                .allowedNetworks(List.of("0.0.0.0/0", "::/0", "169.254.169.254", "fd00:ec2::254"))
                .allowedHosts(List.of("*.example", "metadata.google.internal", "metadata"))
                .literals(true)
                .build();

        // Then
        for (var address : List.of(
                "169.254.169.254",
                "168.63.129.16",
                "100.100.100.200",
                "192.0.0.192",
                "fd00:ec2::254",
                "64:ff9b::169.254.169.254",
                "64:ff9b:1::169.254.169.254",
                "::169.254.169.254",
                "2002:a9fe:a9fe::1",
                "2001:0:a9fe:a9fe::1",
                "2606:4700::5efe:169.254.169.254",
                "fd00:1::5efe:169.254.169.254")) {
            assertThat(code("http://a.example/", wideOpen, address)).as(address).isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
        }
        assertThat(code("http://metadata.google.internal/", wideOpen, "8.8.8.8"))
                .isEqualTo(FetchCode.HOST_FORBIDDEN);
        assertThat(code("http://metadata/", wideOpen, "8.8.8.8")).isEqualTo(FetchCode.HOST_FORBIDDEN);
        assertAllowed("http://a.example/", wideOpen, "127.0.0.1");
        assertAllowed("http://a.example/", wideOpen, "2002:a00:1::1");
    }

    @Test
    void aTunnelIsOpenOnlyWhenBothItsEndsAre() {
        // Given
        var tunnel = UrlPolicy.builder().allowedNetworks(List.of("2002::/16")).build();
        var both = UrlPolicy.builder()
                .allowedNetworks(List.of("2002::/16", "10.0.0.0/8"))
                .build();
        var inner = UrlPolicy.builder().allowedNetworks(List.of("10.0.0.0/8")).build();

        // Then
        assertThat(code("http://a.example/", tunnel, "2002:a00:1::")).isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
        assertThat(code("http://a.example/", inner, "2002:a00:1::")).isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
        assertAllowed("http://a.example/", both, "2002:a00:1::");
        assertAllowed("http://a.example/", tunnel, "2002:808:808::");
    }

    @Test
    void knowsTheTranslatorsItIsTold() {
        // Given
        var policy = UrlPolicy.builder()
                .translators(List.of("2001:67c:2b0:db32:0:1::/96"))
                .build();

        // Then
        assertAllowed("http://a.example/", policy, "2001:67c:2b0:db32:0:1:808:808");
        assertThat(code("http://a.example/", policy, "2001:67c:2b0:db32:0:1:7f00:1"))
                .isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
        assertThat(code("http://a.example/", policy, "2001:67c:2b0:db32:0:1:a9fe:a9fe"))
                .isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
        assertAllowed("http://a.example/", UrlPolicy.standard(), "2001:67c:2b0:db32:0:1:7f00:1");
    }

    @Test
    void aDenyListBeatsAnAllowList() {
        // Given
        var policy = UrlPolicy.builder()
                .allowedHosts(List.of("*.example.com", "example.org", "minio"))
                .deniedHosts(List.of("bad.example.com", "*.worse.example.com"))
                .allowedNetworks(List.of("10.0.0.0/8"))
                .deniedNetworks(List.of("10.9.0.0/16", "8.8.4.0/24"))
                .build();

        // Then
        for (var host : List.of("a.example.com", "b.a.example.com", "example.org", "minio", "worse.example.com")) {
            assertAllowed("http://" + host + "/", policy, "8.8.8.8");
        }
        for (var host : List.of(
                "example.com", "a.example.org", "notexample.com", "bad.example.com", "x.worse.example.com", "minio2")) {
            assertThat(code("http://" + host + "/", policy, "8.8.8.8")).as(host).isEqualTo(FetchCode.HOST_FORBIDDEN);
        }
        assertThat(code("http://a.example.com/", policy, "10.9.1.1")).isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
        assertThat(code("http://a.example.com/", policy, "8.8.4.4")).isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
        assertThat(code("http://a.example.com/", policy, "64:ff9b::8.8.4.4")).isEqualTo(FetchCode.ADDRESS_FORBIDDEN);
        assertThat(code("http://8.8.8.8/", policy.toBuilder().literals(true).build()))
                .isEqualTo(FetchCode.HOST_FORBIDDEN);
        assertAllowed("http://10.1.1.1/", policy, "8.8.8.8");
    }

    @Test
    void limitsSchemesAndPorts() {
        // Given
        var policy = UrlPolicy.builder()
                .schemes(List.of("https"))
                .ports(Set.of(443, 9000))
                .build();

        // Then
        assertAllowed("https://a.example:9000/", policy, "8.8.8.8");
        assertAllowed("https://a.example/", policy, "8.8.8.8");
        assertThat(code("http://a.example:443/", policy, "8.8.8.8")).isEqualTo(FetchCode.SCHEME_FORBIDDEN);
        assertThat(code("https://a.example:80/", policy, "8.8.8.8")).isEqualTo(FetchCode.PORT_FORBIDDEN);
    }

    @Test
    void saysWhatIsWrongWithItsSettings() {
        var builder = UrlPolicy.builder();
        assertThatThrownBy(() -> builder.allowedNetworks(List.of("10.1.2.3/8"))).hasMessageContaining("10.0.0.0/8");
        assertThatThrownBy(() -> builder.allowedNetworks(List.of("10.0.0.0/33")))
                .hasMessageContaining("0 to 32");
        assertThatThrownBy(() -> builder.allowedNetworks(List.of("10/8"))).hasMessageContaining("10/8");
        assertThatThrownBy(() -> builder.allowedNetworks(List.of("10.0.0.0/"))).hasMessageContaining("number");
        assertThatThrownBy(() -> builder.allowedNetworks(List.of("host.example")))
                .hasMessageContaining("host.example");
        assertThatThrownBy(() -> builder.allowedHosts(List.of("http://a.example")))
                .hasMessageContaining("http");
        assertThatThrownBy(() -> builder.allowedHosts(List.of("a.*.example"))).hasMessageContaining("a.*.example");
        assertThatThrownBy(() -> UrlPolicy.builder().schemes(List.of("ftp")).build())
                .hasMessageContaining("ftp");
        assertThatThrownBy(() -> UrlPolicy.builder().schemes(List.of()).build()).hasMessageContaining("schemes");
        assertThatThrownBy(() -> UrlPolicy.builder().ports(List.of(0)).build()).hasMessageContaining("ports");
        assertThatThrownBy(() -> UrlPolicy.builder().ports(List.of(65_536)).build())
                .hasMessageContaining("ports");
        assertThatThrownBy(() -> UrlPolicy.builder().ports(List.of()).build()).hasMessageContaining("ports");
        assertThat(UrlPolicy.builder().ports(List.of(1, 65_535)).build().ports())
                .hasSize(2);
        assertThatThrownBy(() -> UrlPolicy.builder().maxRedirects(-1).build()).hasMessageContaining("maxRedirects");
        assertThatThrownBy(() -> UrlPolicy.builder().maxRedirects(11).build()).hasMessageContaining("maxRedirects");
        assertThatThrownBy(() ->
                        UrlPolicy.builder().translators(List.of("64:ff9b::/64")).build())
                .hasMessageContaining("96");
    }

    private static void assertAllowed(String url, UrlPolicy policy, String... answers) {
        assertThat(check(url, policy, answers)).as(url).isInstanceOf(Allowed.class);
    }

    private static FetchCode code(String url, UrlPolicy policy, String... answers) {
        return check(url, policy, answers) instanceof Forbidden forbidden
                ? forbidden.code()
                : fail(url + " must be forbidden with " + List.of(answers));
    }

    private static Verdict check(String url, UrlPolicy policy, String... answers) {
        var addresses = List.of(answers).stream().map(UrlTable::address).toList();
        try (var guard = new UrlGuard(UrlTable.answering(addresses))) {
            return guard.check(url, policy, LONG);
        }
    }
}
