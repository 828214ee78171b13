package io.saccade.cli.picture;

import io.saccade.vision.ImageFacts;
import io.saccade.vision.ImageLimits;
import io.saccade.vision.ImagePreprocessor;
import io.saccade.vision.Output;
import io.saccade.vision.PictureDecoder;
import io.saccade.vision.Prepared;
import io.saccade.vision.Preprocessing;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import javax.imageio.ImageIO;

/** Makes files of what a model sees: the tensor, exactly, and a picture of it. One thread at a time. */
public final class SeenPicture {

    private final Preprocessing preprocessing;
    private final Path folder;
    private final ImagePreprocessor tensors;
    private final ImagePreprocessor pixels;
    private final Set<String> used = new HashSet<>();

    /** What became of a file. */
    public sealed interface Result {}

    /**
     * The files were written.
     *
     * @param facts  what the picture was
     * @param tensor the file with the tensor
     * @param png    the file with the picture, before it is normalised
     * @param sha256 of the tensor's bytes, 64 lower-case hex characters
     */
    public record Seen(ImageFacts facts, Path tensor, Path png, String sha256) implements Result {}

    /**
     * The services would refuse this file.
     *
     * @param code    the stable code
     * @param message what was expected and what came
     */
    public record Refused(String code, String message) implements Result {}

    /** For one model, by a decoder that whoever made it closes, into one folder, which exists. */
    public SeenPicture(Preprocessing preprocessing, PictureDecoder decoder, Path folder) {
        this.preprocessing = preprocessing;
        this.folder = folder;
        tensors = new ImagePreprocessor(preprocessing, decoder);
        pixels = new ImagePreprocessor(
                new Preprocessing(
                        preprocessing.size(),
                        preprocessing.resize(),
                        preprocessing.filter(),
                        preprocessing.rgb(),
                        Output.BYTES,
                        preprocessing.orientation()),
                decoder);
    }

    /** Prepares one file as a service would. */
    public Result look(Path file) throws IOException {
        // One byte more than allowed is enough to be refused for it, whatever the file's size.
        byte[] encoded;
        try (var in = Files.newInputStream(file)) {
            encoded = in.readNBytes(Math.toIntExact(ImageLimits.DEFAULT.maxBytes() + 1));
        }
        return switch (tensors.prepare(encoded)) {
            case Prepared.Refused(var refusal) -> new Refused(refusal.code(), refusal.message());
            case Prepared.Tensor(var tensor, var facts) -> {
                var name = name(file);
                var numbers = folder.resolve(name + ".npy");
                NumpyFile.write(numbers, preprocessing.output(), preprocessing.size(), tensor);
                var png = folder.resolve(name + ".png");
                ImageIO.write(picture(encoded, tensor), "png", png.toFile());
                yield new Seen(facts, numbers, png, sha256(tensor));
            }
        };
    }

    private BufferedImage picture(byte[] encoded, byte[] tensor) {
        boolean plain = preprocessing.output().equals(Output.BYTES);
        byte[] rgb = plain ? tensor : ((Prepared.Tensor) pixels.prepare(encoded)).rgb();
        int size = preprocessing.size();
        var image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < size * size; i++) {
            int colour = (rgb[i * 3] & 0xFF) << 16 | (rgb[i * 3 + 1] & 0xFF) << 8 | (rgb[i * 3 + 2] & 0xFF);
            image.setRGB(i % size, i / size, colour);
        }
        return image;
    }

    /** The file's own name, with a number where two files have the same. */
    private String name(Path file) {
        var own = file.getFileName().toString();
        var name = own;
        for (int number = 2; !used.add(name); number++) {
            name = own + "-" + number;
        }
        return name;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }
}
