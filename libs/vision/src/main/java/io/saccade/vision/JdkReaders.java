package io.saccade.vision;

import java.util.Arrays;
import java.util.Iterator;
import javax.imageio.spi.IIORegistry;
import javax.imageio.spi.ImageReaderSpi;

/**
 * The JDK's own readers. Looked up once, and never another plugin that happens to be on the class path: its pixels would
 * not be the ones that are tested here.
 */
final class JdkReaders {
    static final ImageReaderSpi JPEG = find("jpeg");

    private JdkReaders() {}

    private static ImageReaderSpi find(String format) {
        Iterator<ImageReaderSpi> all =
                IIORegistry.getDefaultInstance().getServiceProviders(ImageReaderSpi.class, false);
        while (all.hasNext()) {
            ImageReaderSpi spi = all.next();
            if ("java.desktop".equals(spi.getClass().getModule().getName())
                    && Arrays.asList(spi.getFormatNames()).contains(format)) {
                return spi;
            }
        }
        throw new IllegalStateException("this JDK has no " + format + " reader: is the module java.desktop missing?");
    }
}
