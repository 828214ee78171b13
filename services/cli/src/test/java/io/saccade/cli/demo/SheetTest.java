package io.saccade.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.cli.Samples;
import java.util.List;
import org.junit.jupiter.api.Test;

class SheetTest {

    private static final String EVIL = "<script>alert('x')</script>\"&";
    private static final byte[] PNG = {(byte) 0x89, 'P', 'N', 'G'};

    @Test
    void escapesWhateverCameFromOutside() {
        // Given
        var picture = new DemoPicture(EVIL, EVIL, List.of(EVIL), new DemoPicture.Expect(null, null, null, null));
        var entry = new Sheet.Entry(picture, PNG, Samples.complete("cat-1", EVIL, EVIL), List.of(EVIL));

        // When
        var html = Sheet.html(EVIL, List.of(entry));

        // Then
        assertThat(html)
                .doesNotContain("<script")
                .doesNotContain("alert('x')")
                .contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&quot;&amp;");
    }

    @Test
    void carriesThePicturesAndLoadsNothing() {
        // Given
        var entry = entry(PNG);

        // When
        var html = Sheet.html("one picture", List.of(entry));

        // Then
        assertThat(html)
                .contains("src=\"data:image/png;base64,iVBORw==\"")
                .contains("default-src 'none'")
                .doesNotContain("http://")
                .doesNotContain("https://");
    }

    @Test
    void showsABrokenFileAsSuch() {
        // Given
        var picture = new DemoPicture("x.jpg", null, List.of(), new DemoPicture.Expect(null, null, null, null));
        var entry = new Sheet.Entry(picture, PNG, Samples.refused("x-1", "the file ends too early"), List.of());

        // When
        var html = Sheet.html("one picture", List.of(entry));

        // Then
        assertThat(html)
                .contains("the file is broken")
                .contains("the file ends too early")
                .doesNotContain("<img");
    }

    @Test
    void showsAPictureWithoutAnAnswer() {
        // Given
        var entry = new Sheet.Entry(entry(PNG).picture(), PNG, null, List.of("no joined answer came"));

        // When
        var html = Sheet.html("one picture", List.of(entry));

        // Then
        assertThat(html).contains("NO ANSWER").contains("no joined answer came");
    }

    private static Sheet.Entry entry(byte[] bytes) {
        var picture = new DemoPicture("cat.png", null, List.of(), new DemoPicture.Expect(null, null, null, null));
        return new Sheet.Entry(picture, bytes, Samples.complete("cat-1", "a cat", "yes"), List.of());
    }
}
