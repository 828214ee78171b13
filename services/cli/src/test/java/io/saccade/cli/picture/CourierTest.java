package io.saccade.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.saccade.cli.CliException;
import io.saccade.contract.EventIds;
import io.saccade.contract.event.Question;
import io.saccade.contract.event.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CourierTest {

    private static final Courier.Wish ALL = new Courier.Wish(null, List.of(), Set.of());

    @TempDir
    Path folder;

    @Test
    void putsASmallFileIntoTheEvent() throws IOException {
        // Given
        var file = Files.write(folder.resolve("cat.png"), new byte[] {1, 2, 3});

        // When
        var image = courier().pack(file, ALL);

        // Then
        assertThat(image.id()).startsWith("cat-");
        assertThat(image.image().inline().array()).containsExactly(1, 2, 3);
        assertThat(image.image().sha256()).isEqualTo(EventIds.sha256(new byte[] {1, 2, 3}));
        assertThat(image.attributes()).containsEntry("file", "cat.png");
        assertThat(image.tasks()).containsExactlyInAnyOrder(Task.values());
    }

    @Test
    void putsACopyOfALargeFileWhereTheServicesMayReadIt() throws IOException {
        // Given
        var bytes = new byte[Courier.MAX_INLINE_BYTES + 1];
        var file = Files.write(folder.resolve("big pic.jpg"), bytes);

        // When
        var image = courier().pack(file, ALL);

        // Then
        var copy = Path.of(image.image().uri());
        assertThat(copy.getParent()).isEqualTo(folder.resolve("spool"));
        assertThat(copy.getFileName()).hasToString(image.id() + ".jpg");
        assertThat(copy).hasBinaryContent(bytes);
    }

    @Test
    void sendsAnAddressAsItIsAndShowsItWithoutItsQuery() {
        // When
        var image = courier().address("https://images.example.com/2026/Big%20Cat.jpg?signature=secret", ALL);

        // Then
        assertThat(image.id()).startsWith("big-cat-");
        assertThat(image.image().uri()).hasToString("https://images.example.com/2026/Big%20Cat.jpg?signature=secret");
        assertThat(image.attributes()).containsEntry("file", "https://images.example.com/2026/Big%20Cat.jpg");
    }

    @Test
    void tellsAddressesFromPaths() {
        assertThat(List.of("https://h/a.jpg", "HTTP://h/a.jpg", "s3://b/k", "file:///a.jpg", "data:,x"))
                .allMatch(Courier::isAddress);
        assertThat(List.of("a.jpg", "./https:/a.jpg", "/s3/a.jpg", "C:/a.jpg", "https"))
                .noneMatch(Courier::isAddress);
    }

    @Test
    void takesADataUriAndRefusesWhatIsNoUriWithoutRepeatingIt() {
        assertThat(courier().address("data:image/png;base64,AAAA", ALL).attributes())
                .containsEntry("file", "data:...");
        assertThatThrownBy(() -> courier().address("https://h/a b.jpg?key=secret", ALL))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("%20")
                .hasMessageNotContaining("secret");
    }

    @Test
    void saysThatALargeFileCannotTravelToABrokerElsewhere() throws IOException {
        // Given
        var file = Files.write(folder.resolve("big.jpg"), new byte[Courier.MAX_INLINE_BYTES + 1]);
        var courier = new Courier(new ImageIds(new java.util.Random(1)), null);

        // When, then
        assertThatThrownBy(() -> courier.pack(file, ALL))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("big.jpg has 716801 bytes");
    }

    @Test
    void sendsAnEmptyFileToo() throws IOException {
        // Given
        var file = Files.write(folder.resolve("empty.png"), new byte[0]);

        // When
        var image = courier().pack(file, ALL);

        // Then
        assertThat(image.image().inline().size()).isZero();
    }

    @Test
    void numbersTheQuestions() {
        assertThat(Courier.questions(List.of("what?", " where? ")))
                .containsExactly(new Question("q1", "what?"), new Question("q2", "where?"));
    }

    @Test
    void saysWhichQuestionIsWrong() {
        assertThatThrownBy(() -> Courier.questions(List.of("what?", "  ")))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("question 2")
                .hasMessageContaining("blank");
        assertThatThrownBy(() -> Courier.questions(Collections.nCopies(33, "what?")))
                .isInstanceOf(CliException.class)
                .hasMessageContaining("at most 32 questions, got 33");
    }

    private Courier courier() {
        return new Courier(new ImageIds(new java.util.Random(1)), folder.resolve("spool"));
    }
}
