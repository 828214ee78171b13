package io.saccade.benchmarks.vision;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.ThreadMXBean;
import io.saccade.vision.Filter;
import io.saccade.vision.ImageFacts;
import io.saccade.vision.ImageLimits;
import io.saccade.vision.ImagePreprocessor;
import io.saccade.vision.Output;
import io.saccade.vision.Prepared;
import io.saccade.vision.Preprocessing;
import io.saccade.vision.Resize;
import io.saccade.vision.RgbOrder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * The same pictures through ours and through Pillow, by turns, in one run. Everything is CPU time of one thread, the least of
 * all repeats: other work on the machine disturbs it least. The stages of ours are parts of one call: decoding is known by the
 * clock, so it is given the share of the CPU time that it has of the clock's.
 */
public final class PillowComparison {
    private static final int SIZE = 224;
    private static final Output FLOATS = new Output(
            Output.Type.FP32,
            Output.Layout.NCHW,
            new Output.Normalisation(
                    new Output.Rgb((float) 0.48145466, (float) 0.4578275, (float) 0.40821073),
                    new Output.Rgb((float) 0.26862954, (float) 0.26130258, (float) 0.27577711)));
    /** Milliseconds of Pillow's that each picture is repeated for, at least. */
    private static final double LEAST = 600;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final ImagePreprocessor bytes = preprocessor(Output.BYTES);
    private final ImagePreprocessor floats = preprocessor(FLOATS);
    private final PrintStream out;

    private PillowComparison(PrintStream out) {
        this.out = out;
    }

    private static ImagePreprocessor preprocessor(Output output) {
        var crop = new Resize.ShortestEdge(SIZE, Resize.Crop.HALF_TO_EVEN);
        return new ImagePreprocessor(
                new Preprocessing(SIZE, crop, Filter.BICUBIC, RgbOrder.AFTER_RESIZE, output), ImageLimits.DEFAULT);
    }

    /**
     * Runs it.
     *
     * @param args a Python with Pillow and numpy, the folder of {@code pillow_vision.py}, a folder for the pictures, and the
     *     file for the chart
     */
    @SuppressWarnings("SystemOut") // where a benchmark prints
    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length != 4) {
            throw new IllegalArgumentException(
                    "PYTHON SCRIPT PICTURES CHART expected, got " + args.length + " arguments");
        }
        new PillowComparison(System.out).run(args[0], args[1], Path.of(args[2]), Path.of(args[3]));
    }

    /** Milliseconds of CPU. */
    private record Times(double decode, double resize, double pack) {
        double total() {
            return decode + resize;
        }
    }

    private record Row(String name, ImageFacts facts, Times ours, Times pillow, boolean equal, long beyond) {}

    private void run(String python, String script, Path pictures, Path chart) throws IOException, InterruptedException {
        out.println("drawing the pictures into " + pictures);
        List<Path> files = draw(python, script, pictures);
        var process = new ProcessBuilder(python, script, "measure")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        var rows = new ArrayList<Row>();
        String version = "";
        try (var questions = process.outputWriter(StandardCharsets.UTF_8);
                var answers = process.inputReader(StandardCharsets.UTF_8)) {
            warmUp(files);
            out.printf(
                    "%-26s %21s %21s %21s %7s %7s%n",
                    "picture", "ours ms dec/res/pack", "Pillow dec/res/pack", "ratio dec/res/pack", "ratio", "equal");
            for (Path file : files) {
                byte[] encoded = Files.readAllBytes(file);
                if (bytes.prepare(encoded) instanceof Prepared.Refused(var refusal)) {
                    out.println(file.getFileName() + " is left out, ours refuses it: " + refusal.code());
                    continue;
                }
                JsonNode pillow = ask(questions, answers, 2, file);
                double once =
                        pillow.get("decode").asDouble() + pillow.get("resize").asDouble();
                int repeats = (int) Math.clamp(LEAST / once, 5, 60);
                pillow = ask(questions, answers, repeats, file);
                version = pillow.get("version").asText();
                Row row = measure(file, encoded, repeats, pillow);
                rows.add(row);
                print(row);
            }
        }
        process.waitFor();
        summary(rows, version, chart);
    }

    private static List<Path> draw(String python, String script, Path pictures)
            throws IOException, InterruptedException {
        var process = new ProcessBuilder(python, script, "make", pictures.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<Path> files;
        try (var lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            files = lines.lines().map(Path::of).toList();
        }
        if (process.waitFor() != 0 || files.isEmpty()) {
            throw new IllegalStateException(
                    "the pictures could not be drawn; does " + python + " have Pillow and numpy?");
        }
        return files;
    }

    private static JsonNode ask(Writer questions, BufferedReader answers, int repeats, Path file) throws IOException {
        questions.write(repeats + " " + file + "\n");
        questions.flush();
        String answer = answers.readLine();
        if (answer == null) {
            throw new IllegalStateException("the Python process ended at " + file);
        }
        return new ObjectMapper().readTree(answer);
    }

    /** Until the compiler has seen every path: the small pictures, many times. */
    private void warmUp(List<Path> files) throws IOException {
        long end = System.nanoTime() + 15_000_000_000L;
        while (System.nanoTime() < end) {
            for (Path file : files.subList(0, Math.min(10, files.size()))) {
                byte[] encoded = Files.readAllBytes(file);
                bytes.prepare(encoded);
                floats.prepare(encoded);
            }
        }
    }

    private Row measure(Path file, byte[] encoded, int repeats, JsonNode pillow) {
        Times ours = new Times(Double.MAX_VALUE, Double.MAX_VALUE, Double.MAX_VALUE);
        double least = Double.MAX_VALUE;
        double withFloats = Double.MAX_VALUE;
        long beyond = Long.MAX_VALUE;
        Prepared.Tensor tensor = null;
        for (int i = 0; i < repeats; i++) {
            long allocated = threads.getCurrentThreadAllocatedBytes();
            long start = threads.getCurrentThreadCpuTime();
            tensor = (Prepared.Tensor) bytes.prepare(encoded);
            double cpu = (threads.getCurrentThreadCpuTime() - start) / 1e6;
            long spent = threads.getCurrentThreadAllocatedBytes() - allocated;
            ImageFacts facts = tensor.facts();
            beyond = Math.min(beyond, spent - (long) facts.width() * facts.height() * 3 - tensor.rgb().length);
            if (cpu < least) {
                least = cpu;
                double decode = facts.decode().toNanos();
                double share = decode / (decode + facts.preprocess().toNanos());
                ours = new Times(cpu * share, cpu * (1 - share), 0);
            }
            start = threads.getCurrentThreadCpuTime();
            floats.prepare(encoded);
            withFloats = Math.min(withFloats, (threads.getCurrentThreadCpuTime() - start) / 1e6);
        }
        if (tensor == null) {
            throw new IllegalStateException("no repeat of " + file);
        }
        return new Row(
                file.getFileName().toString(),
                tensor.facts(),
                new Times(ours.decode, ours.resize, Math.max(0, withFloats - least)),
                new Times(
                        pillow.get("decode").asDouble(),
                        pillow.get("resize").asDouble(),
                        pillow.get("pack").asDouble()),
                sha256(tensor.rgb()).equals(pillow.get("sha256").asText()),
                beyond);
    }

    private void print(Row row) {
        out.printf(
                Locale.ROOT,
                "%-26s %7.2f %6.2f %6.2f %7.2f %6.2f %6.2f %7.2f %6.2f %6s %7.2f %7s%n",
                row.name,
                row.ours.decode,
                row.ours.resize,
                row.ours.pack,
                row.pillow.decode,
                row.pillow.resize,
                row.pillow.pack,
                row.pillow.decode / row.ours.decode,
                row.pillow.resize / row.ours.resize,
                // A difference of two totals; below 50 microseconds it is noise.
                row.ours.pack < 0.05 ? "-" : String.format(Locale.ROOT, "%.2f", row.pillow.pack / row.ours.pack),
                row.pillow.total() / row.ours.total(),
                row.equal ? "yes" : "no");
    }

    private void summary(List<Row> rows, String version, Path chart) throws IOException {
        double ours = rows.stream().mapToDouble(row -> row.ours.total()).sum();
        double pillow = rows.stream().mapToDouble(row -> row.pillow.total()).sum();
        double geometric = Math.exp(rows.stream()
                .mapToDouble(row -> Math.log(row.pillow.total() / row.ours.total()))
                .average()
                .orElse(0));
        double decode = rows.stream().mapToDouble(row -> row.pillow.decode).sum()
                / rows.stream().mapToDouble(row -> row.ours.decode).sum();
        double resize = rows.stream().mapToDouble(row -> row.pillow.resize).sum()
                / rows.stream().mapToDouble(row -> row.ours.resize).sum();
        out.printf(
                Locale.ROOT,
                "%n%d pictures, Pillow %s, Java %s%ndecode + resize + crop, all together: ours %.0f ms, Pillow %.0f ms of CPU: "
                        + "%.2f times as fast (geometric mean of the pictures %.2f)%ndecode %.2f, resize + crop %.2f times as "
                        + "fast; %d of %d pictures equal to the bit%nallocated beyond picture and tensor: at most %d KB%n",
                rows.size(),
                version,
                Runtime.version(),
                ours,
                pillow,
                pillow / ours,
                geometric,
                decode,
                resize,
                rows.stream().filter(Row::equal).count(),
                rows.size(),
                rows.stream().mapToLong(Row::beyond).max().orElse(0) / 1024);
        var formats = rows.stream().map(row -> row.facts.format()).distinct().toList();
        var bars = rows.stream()
                .map(row -> new Chart.Bar(
                        row.name, row.pillow.total() / row.ours.total(), formats.indexOf(row.facts.format())))
                .toList();
        Files.writeString(
                chart,
                Chart.svg(
                        "decode + resize + crop to 224: times as fast as Pillow " + version + " (CPU of one thread)",
                        bars));
        out.println("chart: " + chart);
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }
}
