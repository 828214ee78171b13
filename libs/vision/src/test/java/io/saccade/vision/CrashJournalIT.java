package io.saccade.vision;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real process that dies of a segmentation fault, in native code, in the middle of a picture. */
class CrashJournalIT {
    private static final String PICTURE = "photo-420.jpg";
    private static final String OTHER = "grey.jpg";

    @TempDir
    private Path folder;

    @Test
    void decodesAPictureTheProcessDiedOfInJavaAndAfterASecondDeathRefusesIt() throws Exception {
        // Given
        String first = child("crash", PICTURE);
        String second = child("decode", PICTURE, OTHER);
        String third = child("crash", PICTURE);

        // When
        String last = child("decode", PICTURE, OTHER);

        // Then
        assertThat(first).startsWith("died");
        assertThat(second).contains("left 1").contains(PICTURE + " JAVA").doesNotContain(OTHER + " refused");
        assertThat(third).startsWith("died");
        assertThat(last).contains("left 1").contains(PICTURE + " refused image.crashed_decoder");
        assertThat(last).contains(OTHER + " " + (Decoders.NATIVES.jpeg() == null ? "JAVA" : "NATIVE"));
    }

    @Test
    void leavesNothingBehindWhereNothingWasBeingDecoded() throws Exception {
        // Given
        child("decode", PICTURE);

        // When
        String answer = child("decode", PICTURE);

        // Then
        assertThat(answer).contains("left 0");
    }

    @Test
    void givesEveryLivingProcessAFileOfItsOwn() throws Exception {
        // When
        try (var one = CrashJournal.open(folder);
                var other = CrashJournal.open(folder)) {
            int slot = one.begin(new byte[32]);

            // Then
            assertThat(slot).isNotNegative();
            assertThat(other.leftBehind()).isZero();
            assertThat(folder.toFile().list()).containsExactlyInAnyOrder("decoding-0", "decoding-1");
        }
    }

    @Test
    void remembersNoMoreThanItsFileHolds() throws Exception {
        // Given
        for (int life = 0; life < 12; life++) {
            try (var journal = CrashJournal.open(folder)) {
                for (int picture = 0; picture < 64; picture++) {
                    byte[] digest = new byte[32];
                    digest[0] = (byte) life;
                    digest[1] = (byte) picture;
                    journal.begin(digest);
                }
                assertThat(journal.begin(new byte[32])).isEqualTo(-1);
            }
        }

        // When
        try (var journal = CrashJournal.open(folder)) {
            byte[] recent = new byte[32];
            recent[0] = 11;
            recent[1] = 63;

            // Then
            assertThat(journal.leftBehind()).isEqualTo(64);
            assertThat(journal.deaths(recent)).isEqualTo(1);
            assertThat(journal.deaths(new byte[32])).isZero();
        }
    }

    private String child(String... args) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("hs_err.log"),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                folder.resolve("journal").toString()));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        return process.exitValue() == 0 ? output : "died " + process.exitValue();
    }

    /** What the child process does: decode the pictures, or die in the middle of the first. */
    static final class Child {
        private Child() {}

        public static void main(String[] args) throws Throwable {
            var journal = CrashJournal.open(Path.of(args[0]));
            System.out.println("left " + journal.leftBehind());
            if (args[1].equals("crash")) {
                journal.begin(HexFormat.of().parseHex(Goldens.sha256(Goldens.picture(args[2]))));
                var linker = Linker.nativeLinker();
                var strlen = linker.downcallHandle(
                        linker.defaultLookup().find("strlen").orElseThrow(),
                        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
                System.out.println((long) strlen.invokeExact(MemorySegment.NULL));
            }
            var decoder =
                    PictureDecoder.of(ImageLimits.DEFAULT, NativeDecoders.find(), new MemoryBudget(64 << 20), journal);
            for (int i = 2; i < args.length; i++) {
                String file = args[i];
                System.out.println(file + " "
                        + decoder.decode(Goldens.picture(file), decoded -> switch (decoded) {
                            case Decoded.Picture picture -> picture.decoder().name();
                            case Decoded.Refused(Refusal refusal) -> "refused " + refusal.code();
                        }));
            }
        }
    }
}
