package io.saccade.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class UrlTableTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final UrlPolicy LITERALS = UrlPolicy.builder().literals(true).build();

    @Test
    void forbidsEveryUrlOfTheTableForTheReasonItNames() {
        // Given
        var table = UrlTable.forbidden();
        var wrong = new ArrayList<String>();

        // When
        for (var line : table) {
            try (var guard = new UrlGuard(UrlTable.answering(line.answers()))) {
                var verdict = guard.check(line.url(), LITERALS, LONG);
                var found = verdict instanceof Verdict.Forbidden(var code, var _, var kind)
                        ? code.code() + " " + (kind == null ? "-" : kind)
                        : verdict.toString();
                if (!found.equals(line.code() + " " + line.kind())) {
                    wrong.add(line + ": expected " + line.code() + " " + line.kind() + ", got " + found);
                }
            }
        }

        // Then
        assertThat(wrong).isEmpty();
        assertThat(table).hasSizeGreaterThanOrEqualTo(400);
    }

    @Test
    void allowsEveryPublicUrlOfTheTableAndAsksForItAsItIsWritten() {
        // Given
        var table = UrlTable.everyones();
        var wrong = new ArrayList<String>();

        // When
        for (var line : table) {
            try (var guard = new UrlGuard(UrlTable.answering(line.answers()))) {
                var verdict = guard.check(line.url(), LITERALS, LONG);
                var scheme = line.url().substring(0, line.url().indexOf(':')).toLowerCase(java.util.Locale.ROOT);
                var addresses = line.answers().isEmpty() ? List.of(UrlTable.address(line.host())) : line.answers();
                var expected = new Verdict.Allowed(new Place(scheme, line.host(), line.port(), line.path()), addresses);
                if (!verdict.equals(expected)) {
                    wrong.add(line + ": " + verdict);
                }
            }
        }

        // Then
        assertThat(wrong).isEmpty();
        assertThat(table).hasSizeGreaterThanOrEqualTo(200);
    }

    /** Whatever is sent on is a URL that the JDK reads in the same way. */
    @Test
    void theJdkFindsTheSameHostInEveryAllowedUrl() {
        for (var line : UrlTable.everyones()) {
            try (var guard = new UrlGuard(UrlTable.answering(line.answers()))) {
                var place = ((Verdict.Allowed) guard.check(line.url(), LITERALS, LONG)).place();
                assertThat(URI.create(place.uri().toString()).getRawAuthority()).isEqualTo(place.authority());
            }
        }
    }

    @Test
    void forbidsTheSameWithTheStandardPolicy() {
        // Literals are then refused one way or the other, whatever they are.
        for (var line : UrlTable.forbidden()) {
            try (var guard = new UrlGuard(UrlTable.answering(line.answers()))) {
                assertThat(guard.check(line.url(), UrlPolicy.standard(), LONG))
                        .as(line.toString())
                        .isInstanceOf(Verdict.Forbidden.class);
            }
        }
    }

    @Test
    void saysNothingOfTheUrlThatCouldBeASecret() {
        // Given
        var marker = "s3cr3t";

        // When
        var sentences = java.util.stream.Stream.of(
                        "http://example.com:22/" + marker + "?" + marker,
                        "http://" + marker + ":" + marker + "@example.com/",
                        "http://10.0.0.1/" + marker,
                        "http://127.1/" + marker,
                        "http://localhost/" + marker,
                        "http://exa mple/" + marker,
                        "ftp://example.com/" + marker,
                        marker)
                .map(url -> {
                    try (var guard = new UrlGuard(UrlTable.answering(List.of()))) {
                        return ((Verdict.Forbidden) guard.check(url, LITERALS, LONG)).sentence();
                    }
                })
                .toList();

        // Then
        assertThat(sentences).noneMatch(sentence -> sentence.contains(marker));
    }

    @Test
    void doesNotTellTheAddressBehindAName() {
        try (var guard = new UrlGuard(UrlTable.answering(List.of(UrlTable.address("10.1.2.3"))))) {
            // When
            var verdict = guard.check("http://inside.example/", LITERALS, LONG);

            // Then
            assertThat(((Verdict.Forbidden) verdict).sentence())
                    .contains("inside.example", "private", "10.0.0.0/8, RFC 1918")
                    .doesNotContain("10.1.2.3");
        }
    }

    @Test
    void refusesAUrlThatIsTooLong() {
        try (var guard = new UrlGuard(UrlTable.answering(List.of(UrlTable.address("8.8.8.8"))))) {
            // Given
            var longest = "http://example.com/" + "a".repeat(UrlReader.LONGEST - "http://example.com/".length());

            // Then
            assertThat(guard.check(longest, LITERALS, LONG)).isInstanceOf(Verdict.Allowed.class);
            assertThat(guard.check(longest + "a", LITERALS, LONG))
                    .isInstanceOfSatisfying(Verdict.Forbidden.class, forbidden -> assertThat(forbidden.code())
                            .isEqualTo(FetchCode.BAD_URI));
        }
    }
}
