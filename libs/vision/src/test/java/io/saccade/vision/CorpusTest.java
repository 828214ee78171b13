package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every file ends with a tensor or a refusal, soon: our own pictures, bombs and what damage makes of them; and with
 * {@code -Dsaccade.corpus=FOLDER} the files of a folder, such as {@code fuzz/corpus.sh} fetches, with 1500 damaged ones.
 */
class CorpusTest {
    private static final int OWN_DAMAGED = 300;
    private static final int DAMAGED = 1_500;
    /** The goal is 1 s of CPU; a test asserts what a busy machine keeps too. */
    private static final double MOST_MILLIS = 15_000;

    private record Ending(Map<String, Integer> codes, double worst, String worstFile) {}

    @ParameterizedTest
    @MethodSource("io.saccade.vision.Decoders#names")
    void everyFileEndsInAValue(String decoder) throws IOException {
        // Given
        String folder = System.getProperty("saccade.corpus");
        List<Path> files = new ArrayList<>(files(Path.of("src/test/resources")));
        int damaged = OWN_DAMAGED;
        if (folder != null) {
            files.addAll(files(Path.of(folder)));
            damaged = DAMAGED;
        }
        var preprocessor =
                new ImagePreprocessor(Goldens.preprocessing("shortest-edge/after-resize/224"), Decoders.named(decoder));

        // When
        var ending = run(preprocessor, files, damaged);

        // Then
        System.out.printf(
                "%s: %d files and %d damaged: %s; longest %.0f ms of CPU, %s%n",
                decoder, files.size(), damaged, ending.codes, ending.worst, ending.worstFile);
        assertThat(ending.codes.values().stream().mapToInt(Integer::intValue).sum())
                .isEqualTo(files.size() + damaged);
        assertThat(ending.worst).as(ending.worstFile).isLessThan(MOST_MILLIS);
    }

    private static Ending run(ImagePreprocessor preprocessor, List<Path> files, int damaged) throws IOException {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Map<String, Integer> codes = new TreeMap<>();
        double worst = 0;
        String worstFile = "";
        for (int i = 0; i < files.size() + damaged; i++) {
            Path file = files.get(i % files.size());
            byte[] bytes = Files.readAllBytes(file);
            if (i >= files.size()) {
                bytes = damaged(bytes, new Random(i));
            }
            long start = threads.getCurrentThreadCpuTime();
            String code =
                    preprocessor.prepare(bytes) instanceof Prepared.Refused(Refusal refusal) ? refusal.code() : "ok";
            double millis = (threads.getCurrentThreadCpuTime() - start) / 1e6;
            codes.merge(code, 1, Integer::sum);
            if (millis > worst) {
                worst = millis;
                worstFile = file.getFileName() + (i >= files.size() ? ", damaged" : "");
            }
        }
        return new Ending(codes, worst, worstFile);
    }

    private static byte[] damaged(byte[] whole, Random random) {
        if (whole.length < 2 || random.nextInt(3) == 0) {
            return Arrays.copyOf(whole, random.nextInt(whole.length + 1));
        }
        int reach = random.nextBoolean() ? Math.min(1024, whole.length) : whole.length;
        for (int hits = random.nextInt(12); hits >= 0; hits--) {
            whole[random.nextInt(reach)] = (byte) random.nextInt();
        }
        return whole;
    }

    private static List<Path> files(Path folder) throws IOException {
        try (var all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }
}
