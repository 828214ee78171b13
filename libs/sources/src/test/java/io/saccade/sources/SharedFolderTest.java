package io.saccade.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.saccade.contract.EventIds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedFolderTest {

    private static final Duration FRESH = Duration.ofSeconds(60);

    @TempDir
    Path parent;

    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final Clock clock = ((InstantSource) () -> now).withZone(ZoneOffset.UTC);
    private Path path;
    private SharedFolder folder;

    @BeforeEach
    void make() {
        path = parent.resolve("a/cache");
        folder = folder(100_000, 100);
    }

    @Test
    void givesBackWhatWasWritten() {
        // Given
        folder.write(key("a", null), Some.bytes((byte) 1, (byte) 2));

        // When
        var read = folder(100_000, 100).read(key("a", null));

        // Then
        assertThat(read).hasValueSatisfying(bytes -> {
            assertThat(bytes.encoded()).containsExactly(1, 2);
            assertThat(bytes.sha256()).isEqualTo(EventIds.sha256(new byte[] {1, 2}));
        });
        assertThat(folder.read(key("b", null))).isEmpty();
    }

    @Test
    void isForItsOwnerAlone() throws IOException {
        assumeTrue(Files.getFileStore(parent).supportsFileAttributeView("posix"), "no POSIX permissions here");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rwx------");
    }

    @Test
    void forgetsAnAddressAfterAWhileButNotADigest() {
        // Given
        var bytes = Some.bytes((byte) 1);
        folder.write(key("a", null), bytes);
        folder.write(key("a", bytes.sha256()), bytes);

        // When
        now = now.plus(FRESH).plusMillis(1);

        // Then
        assertThat(folder.read(key("a", null))).isEmpty();
        assertThat(folder.read(key("a", bytes.sha256()))).isPresent();
    }

    @Test
    void usingAnImageDoesNotMakeItFresh() {
        // Given
        folder.write(key("a", null), Some.bytes((byte) 1));
        now = now.plusSeconds(50);
        assertThat(folder.read(key("a", null))).isPresent();

        // When
        now = now.plusSeconds(50);

        // Then
        assertThat(folder.read(key("a", null))).isEmpty();
    }

    @Test
    void throwsAwayADamagedImage() throws IOException {
        // Given
        folder.write(key("a", null), Some.bytes((byte) 1, (byte) 2));
        var file = path.resolve(key("a", null).name());
        var content = Files.readAllBytes(file);
        content[content.length - 1] ^= 1;
        Files.write(file, content);

        // Then
        assertThat(folder.read(key("a", null))).isEmpty();
        assertThat(file).doesNotExist();
    }

    @Test
    void ignoresWhatItDidNotWrite() throws IOException {
        for (var content : List.of("", "saccade-image/1", "x".repeat(1000))) {
            Files.writeString(path.resolve(key("a", null).name()), content);
            assertThat(folder.read(key("a", null))).as(content).isEmpty();
        }
    }

    @Test
    void staysWithinItsBytesAndThrowsAwayWhatWasUsedLongestAgo() throws IOException {
        // Given
        folder = folder(100_000, 1_000);
        folder.write(key("first", null), new Fetched.Bytes(new byte[10_000], EventIds.sha256(new byte[10_000])));

        // When
        for (int i = 0; i < 40; i++) {
            now = now.plusSeconds(1);
            folder.write(key("n" + i, null), new Fetched.Bytes(new byte[10_000], EventIds.sha256(new byte[10_000])));
            assertThat(folder.read(key("first", null))).as("used all the time").isPresent();
        }

        // Then
        assertThat(size()).isLessThanOrEqualTo(100_000);
        assertThat(folder.read(key("n39", null))).isPresent();
        assertThat(folder.read(key("n0", null))).isEmpty();
    }

    @Test
    void staysWithinItsEntries() throws IOException {
        // Given
        folder = folder(100_000, 32);

        // When
        for (int i = 0; i < 200; i++) {
            folder.write(key("n" + i, null), Some.bytes((byte) i));
        }

        // Then
        assertThat(files()).hasSizeLessThanOrEqualTo(32).isNotEmpty();
    }

    @Test
    void keepsNothingThatWouldTakeMostOfTheRoom() throws IOException {
        // When
        folder.write(key("a", null), new Fetched.Bytes(new byte[30_000], EventIds.sha256(new byte[30_000])));

        // Then
        assertThat(files()).isEmpty();
    }

    @Test
    void sweepsAwayWhatACrashLeft() throws IOException {
        // Given
        var left = Files.writeString(path.resolve("aside-1.tmp"), "half");
        var young = Files.writeString(path.resolve("aside-2.tmp"), "at work");
        Files.setLastModifiedTime(left, FileTime.from(now.minus(Duration.ofHours(2))));
        Files.setLastModifiedTime(young, FileTime.from(now));

        // When
        folder.sweep();

        // Then
        assertThat(left).doesNotExist();
        assertThat(young).exists();
    }

    @Test
    void locksAKeyForOneAtATime() {
        // Given
        var lock = folder.lock(key("a", null));
        assertThat(lock).isPresent();

        // Then
        assertThat(folder.lock(key("a", null))).isEmpty();
        assertThat(folder.lock(key("b", null))).isPresent();
        lock.get().close();
        assertThat(folder.lock(key("a", null))).isPresent();
    }

    @Test
    void fetchingGoesOnWhenTheFolderIsGone() throws IOException {
        // Given
        Files.delete(path);

        // Then
        folder.write(key("a", null), Some.bytes((byte) 1));
        assertThat(folder.read(key("a", null))).isEmpty();
        assertThat(folder.lock(key("a", null))).as("nobody need wait").isPresent();
    }

    @Test
    void namesAFolderThatCannotBeMade() throws IOException {
        // Given
        var file = Files.writeString(parent.resolve("file"), "no folder");

        // Then
        assertThatThrownBy(() -> new SharedFolder(file.resolve("cache"), new SharedFolder.Bounds(1, 1, FRESH), clock))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("saccade.images.cache.folder");
    }

    private SharedFolder folder(long bytes, long entries) {
        return new SharedFolder(path, new SharedFolder.Bounds(bytes, entries, FRESH), clock);
    }

    private static CacheKey key(String name, @Nullable String sha256) {
        return CacheKey.of(Some.wanted("https://one.example/" + name, "default", sha256));
    }

    private List<Path> files() throws IOException {
        try (var files = Files.list(path)) {
            return new ArrayList<>(files.toList());
        }
    }

    private long size() throws IOException {
        long size = 0;
        for (var file : files()) {
            size += Files.size(file);
        }
        return size;
    }
}
