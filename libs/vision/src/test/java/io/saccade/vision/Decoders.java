package io.saccade.vision;

import java.util.List;
import java.util.stream.Stream;

/** The decoders of this machine, by name: {@code java}, and {@code native} where both libraries are here. */
final class Decoders {
    static final NativeDecoders NATIVES = NativeDecoders.find();
    private static final PictureDecoder JAVA = PictureDecoder.java(ImageLimits.DEFAULT);
    private static final PictureDecoder NATIVE = of(NATIVES);

    private Decoders() {}

    static boolean complete() {
        return NATIVES.jpeg() != null && NATIVES.webp() != null;
    }

    static Stream<String> names() {
        return (complete() ? List.of("java", "native") : List.of("java")).stream();
    }

    static PictureDecoder named(String name) {
        return name.equals("java") ? JAVA : NATIVE;
    }

    static PictureDecoder of(NativeDecoders natives) {
        return PictureDecoder.of(ImageLimits.DEFAULT, natives, new MemoryBudget(256 << 20), null);
    }

    /** The picture, or the refusal as an error. */
    static Decoded.Picture picture(PictureDecoder decoder, byte[] file) {
        return decoder.decode(file, decoded -> switch (decoded) {
            case Decoded.Picture picture -> picture;
            case Decoded.Refused(Refusal refusal) -> throw new AssertionError(refusal.toString());
        });
    }

    /** {@code ok}, or the code of the refusal. */
    static String code(PictureDecoder decoder, byte[] file) {
        return decoder.decode(file, decoded -> switch (decoded) {
            case Decoded.Picture _ -> "ok";
            case Decoded.Refused(Refusal refusal) -> refusal.code();
        });
    }
}
