package io.saccade.benchmarks.vision;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.ThreadMXBean;
import io.saccade.vision.DecoderChoice;
import io.saccade.vision.Filter;
import io.saccade.vision.ImageFacts;
import io.saccade.vision.ImageLimits;
import io.saccade.vision.ImagePreprocessor;
import io.saccade.vision.Output;
import io.saccade.vision.PictureDecoder;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The same pictures through ours, once with the JVM's decoders and once with the machine's libraries, and through Pillow, by
 * turns, in one run. Everything is CPU time of one thread, the least of all repeats: other work on the machine disturbs it
 * least. The stages of ours are parts of one call: decoding is known by the clock, so it is given the share of the CPU time
 * that it has of the clock's.
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
    private final List<Variant> variants = new ArrayList<>();
    private final PrintStream out;

    /** One way of ours to decode. */
    private record Variant(String name, ImagePreprocessor bytes, ImagePreprocessor floats) {
        static Variant of(String name, PictureDecoder decoder) {
            return new Variant(name, preprocessor(Output.BYTES, decoder), preprocessor(FLOATS, decoder));
        }

        private static ImagePreprocessor preprocessor(Output output, PictureDecoder decoder) {
            var crop = new Resize.ShortestEdge(SIZE, Resize.Crop.HALF_TO_EVEN);
            return new ImagePreprocessor(
                    new Preprocessing(SIZE, crop, Filter.BICUBIC, RgbOrder.AFTER_RESIZE, output), decoder);
        }
    }

    private PillowComparison(PrintStream out) {
        this.out = out;
        variants.add(Variant.of("java", PictureDecoder.java(ImageLimits.DEFAULT)));
        try {
            var natives = PictureDecoder.create(DecoderChoice.NATIVE, ImageLimits.DEFAULT, Optional.empty());
            out.println("native: " + natives.description());
            variants.add(Variant.of("native", natives));
        } catch (IllegalArgumentException e) {
            out.println("native is left out: " + e.getMessage());
        }
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

    /** One variant's part of a row; {@code beyond} is what was allocated beyond the decoded picture and the tensor. */
    private record Ours(ImageFacts facts, Times times, boolean equal, long beyond) {}

    /** One picture; a variant that refuses it is missing. */
    private record Row(String name, Times pillow, Map<String, Ours> ours) {
        double ratio(String variant) {
            Ours mine = ours.get(variant);
            return mine == null ? Double.NaN : pillow.total() / mine.times.total();
        }
    }

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
                    "%nms of CPU, decode + resize + pack; ratio: Pillow's decode + resize by ours%n%-18s %22s",
                    "", "Pillow");
            variants.forEach(variant -> out.printf(" | %22s %6s %6s", variant.name, "ratio", "equal"));
            out.println();
            for (Path file : files) {
                byte[] encoded = Files.readAllBytes(file);
                JsonNode pillow = ask(questions, answers, 2, file);
                double once =
                        pillow.get("decode").asDouble() + pillow.get("resize").asDouble();
                int repeats = (int) Math.clamp(LEAST / once, 5, 60);
                pillow = ask(questions, answers, repeats, file);
                version = pillow.get("version").asText();
                Map<String, Ours> ours = new LinkedHashMap<>();
                for (Variant variant : variants) {
                    if (variant.bytes.prepare(encoded) instanceof Prepared.Tensor) {
                        ours.put(
                                variant.name,
                                measure(
                                        variant,
                                        encoded,
                                        repeats,
                                        pillow.get("sha256").asText()));
                    }
                }
                var row = new Row(
                        file.getFileName().toString(),
                        new Times(
                                pillow.get("decode").asDouble(),
                                pillow.get("resize").asDouble(),
                                pillow.get("pack").asDouble()),
                        ours);
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
        for (Variant variant : variants) {
            long end = System.nanoTime() + 12_000_000_000L;
            while (System.nanoTime() < end) {
                for (Path file : files.subList(0, Math.min(12, files.size()))) {
                    byte[] encoded = Files.readAllBytes(file);
                    variant.bytes.prepare(encoded);
                    variant.floats.prepare(encoded);
                }
            }
        }
    }

    private Ours measure(Variant variant, byte[] encoded, int repeats, String expected) {
        Times ours = new Times(Double.MAX_VALUE, Double.MAX_VALUE, Double.MAX_VALUE);
        double least = Double.MAX_VALUE;
        double withFloats = Double.MAX_VALUE;
        long beyond = Long.MAX_VALUE;
        Prepared.Tensor tensor = null;
        for (int i = 0; i < repeats; i++) {
            long allocated = threads.getCurrentThreadAllocatedBytes();
            long start = threads.getCurrentThreadCpuTime();
            tensor = (Prepared.Tensor) variant.bytes.prepare(encoded);
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
            variant.floats.prepare(encoded);
            withFloats = Math.min(withFloats, (threads.getCurrentThreadCpuTime() - start) / 1e6);
        }
        if (tensor == null) {
            throw new IllegalStateException("nothing was repeated");
        }
        return new Ours(
                tensor.facts(),
                new Times(ours.decode, ours.resize, Math.max(0, withFloats - least)),
                sha256(tensor.rgb()).equals(expected),
                beyond);
    }

    private void print(Row row) {
        out.printf(
                Locale.ROOT,
                "%-18s %8.2f %6.2f %6.2f",
                row.name,
                row.pillow.decode,
                row.pillow.resize,
                row.pillow.pack);
        for (Variant variant : variants) {
            Ours ours = row.ours.get(variant.name);
            if (ours == null) {
                out.printf(" | %22s %6s %6s", "refused", "", "");
            } else {
                out.printf(
                        Locale.ROOT,
                        " | %8.2f %6.2f %6.2f %6.2f %6s",
                        ours.times.decode,
                        ours.times.resize,
                        ours.times.pack,
                        row.ratio(variant.name),
                        ours.equal ? "yes" : "no");
            }
        }
        out.println();
    }

    private void summary(List<Row> rows, String version, Path chart) throws IOException {
        out.printf(
                "%n%d pictures, Pillow %s, Java %s%n%n| decoder | pictures read | equal to the bit | decode + resize +"
                        + " crop, ms of CPU | Pillow on the same, ms | times as fast | geometric mean | decode | resize +"
                        + " crop | allocated beyond picture and tensor, KB |%n| --- | --- | --- | --- | --- | --- | --- |"
                        + " --- | --- | --- |%n",
                rows.size(), version, Runtime.version());
        for (Variant variant : variants) {
            String name = variant.name;
            var read = rows.stream().filter(row -> row.ours.containsKey(name)).toList();
            var ours = read.stream().map(row -> row.ours.get(name)).toList();
            double all = ours.stream().mapToDouble(one -> one.times.total()).sum();
            double pillow = read.stream().mapToDouble(row -> row.pillow.total()).sum();
            out.printf(
                    Locale.ROOT,
                    "| %s | %d | %d | %.0f | %.0f | **%.2f** | %.2f | %.2f | %.2f | at most %d |%n",
                    name,
                    read.size(),
                    ours.stream().filter(Ours::equal).count(),
                    all,
                    pillow,
                    pillow / all,
                    Math.exp(read.stream()
                            .mapToDouble(row -> Math.log(row.ratio(name)))
                            .average()
                            .orElse(0)),
                    read.stream().mapToDouble(row -> row.pillow.decode).sum()
                            / ours.stream().mapToDouble(one -> one.times.decode).sum(),
                    read.stream().mapToDouble(row -> row.pillow.resize).sum()
                            / ours.stream().mapToDouble(one -> one.times.resize).sum(),
                    Math.max(0, ours.stream().mapToLong(Ours::beyond).max().orElse(0)) / 1024);
        }
        var bars = new ArrayList<Chart.Bar>();
        for (Row row : rows) {
            for (int i = 0; i < variants.size(); i++) {
                String name = variants.get(i).name;
                if (row.ours.containsKey(name)) {
                    bars.add(new Chart.Bar(row.name + " " + name, row.ratio(name), i));
                }
            }
        }
        Files.writeString(
                chart,
                Chart.svg(
                        "decode + resize + crop to 224: times as fast as Pillow " + version + " (CPU of one thread)",
                        bars));
        out.println();
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
