package io.saccade.cli.picture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Makes damaged files of others, the same ones for the same others. One thread at a time; its folder goes when it is closed. */
public final class Damage implements AutoCloseable {

    private static final int MOST_HITS = 12;
    private static final int HEADER = 1024;

    private final List<Path> sources;
    private final Path folder;

    /** Of these files, at least one of which has a byte. */
    public Damage(List<Path> sources) throws IOException {
        this.sources = List.copyOf(sources);
        this.folder = Files.createTempDirectory("saccade-damaged-");
    }

    /** One of them; the one before is gone then. */
    public Path file(int number) throws IOException {
        try (var old = Files.list(folder)) {
            for (var file : old.toList()) {
                Files.delete(file);
            }
        }
        var source = sources.get(number % sources.size());
        var bytes = damaged(Files.readAllBytes(source), new Random(number));
        return Files.write(folder.resolve("damaged-" + number + "-" + source.getFileName()), bytes);
    }

    /** Every third is cut; of the others bytes change, half of the times in the header alone. */
    static byte[] damaged(byte[] whole, Random random) {
        if (whole.length < 2) {
            return whole;
        }
        if (random.nextInt(3) == 0) {
            return Arrays.copyOf(whole, random.nextInt(1, whole.length));
        }
        byte[] damaged = whole.clone();
        int reach = random.nextBoolean() ? Math.min(HEADER, damaged.length) : damaged.length;
        for (int hits = random.nextInt(MOST_HITS); hits >= 0; hits--) {
            damaged[random.nextInt(reach)] = (byte) random.nextInt();
        }
        return damaged;
    }

    @Override
    public void close() throws IOException {
        try (var left = Files.list(folder)) {
            for (var file : left.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
