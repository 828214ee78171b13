package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataSourceTest {

    private final DataSource source = new DataSource(12);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data:image/png;base64,AQID/w==",
                "DATA:image/png;BASE64,AQID/w==",
                "data:;base64,AQID/w",
                "data:text/html;charset=utf-8;base64,AQID%2Fw%3D%3D",
                "data:image/png,%01%02%03%FF",
                "data:,%01%02%03%ff"
            })
    void readsBase64AndPercentEscapesWhateverTypeIsDeclared(String uri) {
        // When
        var fetched = source.fetch(Some.wanted(uri));

        // Then
        assertThat(fetched).isInstanceOfSatisfying(Fetched.Bytes.class, bytes -> assertThat(bytes.encoded())
                .containsExactly(1, 2, 3, -1));
    }

    @Test
    void readsPlainTextAndNothingAtAll() {
        assertThat(((Fetched.Bytes) source.fetch(Some.wanted("data:,A+b%20c"))).encoded())
                .isEqualTo("A+b c".getBytes());
        assertThat(((Fetched.Bytes) source.fetch(Some.wanted("data:,"))).encoded())
                .isEmpty();
    }

    @Test
    void takesAsManyBytesAsAllowedAndNotOneMore() {
        for (var form : new String[] {"data:image/png;base64,%s", "data:image/png,%s"}) {
            assertThat(source.fetch(Some.wanted(form.formatted(payload(form, 12)))))
                    .isInstanceOf(Fetched.Bytes.class);
            assertThat(Some.code(source.fetch(Some.wanted(form.formatted(payload(form, 13))))))
                    .isEqualTo("fetch.too_large");
            assertThat(Some.code(source.fetch(Some.wanted(form.formatted(payload(form, 100_000))))))
                    .isEqualTo("fetch.too_large");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data:image/png;base64",
                "data:image/png;base64,A",
                "data:image/png;base64,AQ*D",
                "data:image/png;base64,AQID#fragment",
                "data:image/png;base64,AQ%0AID",
                "data:image/png,\u00e4"
            })
    void refusesWhatIsNoDataUri(String uri) {
        // When
        var fetched = source.fetch(Some.wanted(uri));

        // Then
        assertThat(Some.code(fetched)).isEqualTo("fetch.bad_uri");
        assertThat(((Fetched.Refused) fetched).message())
                .as("repeats nothing of it")
                .doesNotContain("AQ");
    }

    private static String payload(String form, int size) {
        return form.contains("base64") ? Base64.getEncoder().encodeToString(new byte[size]) : "%00".repeat(size);
    }
}
