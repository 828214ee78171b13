package io.saccade.triton;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is left of shared memory after its owner, with real processes. */
@Timeout(120)
class SharedFolderTest {
    @TempDir
    Path folder;

    @Test
    void leavesNothingBehindWhenItIsClosed() throws Exception {
        // Given
        var owner = SharedFolder.open(folder);
        var slot = owner.make(5000);
        slot.write(4000, ByteString.copyFromUtf8("here"));
        List<String> whileOpen = names();
        String seen = slot.read(4000, 4).toStringUtf8();

        // When
        slot.close();
        owner.close();

        // Then
        assertThat(whileOpen).hasSize(2).contains(slot.name());
        assertThat(seen).isEqualTo("here");
        assertThat(names()).isEmpty();
    }

    @Test
    void removesWhatAKilledProcessLeftAndNothingOfTheLiving() throws Exception {
        // Given one that lives, in this process, and one in another
        var here = SharedFolder.open(folder);
        var hereSlot = here.make(64);
        Process killed = owner();
        Process living = owner();
        try {
            String killedRegion = region(killed);
            String livingRegion = region(living);

            // When
            killed.destroyForcibly();
            assertThat(killed.waitFor(60, SECONDS)).isTrue();
            List<String> before = names();
            try (var next = SharedFolder.open(folder)) {
                // Then
                assertThat(before).contains(killedRegion);
                assertThat(names()).contains(livingRegion, hereSlot.name()).doesNotContain(killedRegion);
                assertThat(next.isOfTheDead(killedRegion)).isTrue();
                assertThat(next.isOfTheDead(livingRegion)).isFalse();
                assertThat(next.isOfTheDead(hereSlot.name())).isFalse();
                assertThat(next.isOfTheDead("another program's")).isFalse();
            }
        } finally {
            killed.destroyForcibly();
            living.destroyForcibly();
            hereSlot.close();
            here.close();
        }
    }

    @Test
    void anOwnerSurvivesManySweepsOfItsOwnProcess() throws Exception {
        // Given
        var here = SharedFolder.open(folder);
        var slot = here.make(64);

        // When
        for (int i = 0; i < 20; i++) {
            SharedFolder.open(folder).close();
        }

        // Then another process still finds it alive: closing a descriptor here would have lost the lock
        Process other = owner();
        try {
            region(other);
            assertThat(names()).contains(slot.name());
        } finally {
            other.destroyForcibly();
            slot.close();
            here.close();
        }
    }

    @Test
    void leavesFilesAloneThatAreNotOurs() throws Exception {
        // Given
        Path other = Files.writeString(folder.resolve("saccade-triton-mine"), "x");
        Path link = Files.createSymbolicLink(
                folder.resolve("saccade-triton-" + "a".repeat(32) + ".lock"), folder.resolve("nowhere"));

        // When
        SharedFolder.open(folder).close();

        // Then
        assertThat(other).exists();
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(folder.resolve("nowhere")).doesNotExist();
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private Process owner() throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Owner.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static String region(Process owner) throws IOException {
        String name = owner.inputReader().readLine();
        assertThat(name).startsWith("saccade-triton-");
        return name;
    }

    /** Another process: makes a region, tells its name, and lives until it is killed. */
    static final class Owner {
        private Owner() {}

        public static void main(String[] args) throws Exception {
            var slot = SharedFolder.open(Path.of(args[0])).make(64);
            System.out.println(slot.name());
            int _ = System.in.read();
        }
    }
}
