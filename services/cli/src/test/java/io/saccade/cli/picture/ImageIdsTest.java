package io.saccade.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;

import io.saccade.contract.event.ImageRef;
import io.saccade.contract.event.ImageSubmitted;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageIdsTest {

    private final ImageIds ids = new ImageIds(new Random(1));

    @ParameterizedTest
    @CsvSource({
        "Cat Photo (1).JPG, cat-photo-1",
        "Über den Wolken.png, uber-den-wolken",
        ".hidden, hidden",
        "archive.tar.gz, archive-tar",
        "猫.png, image",
        "---.png, image",
        "a-name-that-goes-on-and-on-and-on-and-on-and-on.png, a-name-that-goes-on-and-on-and-on-and-on",
    })
    void keepsOfANameWhatAPersonRecognises(String fileName, String slug) {
        assertThat(ImageIds.slug(fileName)).isEqualTo(slug);
    }

    @Test
    void givesEachImageAnIdOfItsOwnThatEventsTake() {
        // When
        var made = IntStream.range(0, 10_000).mapToObj(_ -> ids.of("cat.png")).toList();

        // Then
        assertThat(made).doesNotHaveDuplicates().allMatch(id -> id.matches("cat-[2-9a-z]{6}"));
        assertThat(ImageSubmitted.of(made.getFirst(), ImageRef.inline(new byte[1])))
                .isNotNull();
    }
}
