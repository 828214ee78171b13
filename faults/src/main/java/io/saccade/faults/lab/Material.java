package io.saccade.faults.lab;

import java.util.List;
import java.util.function.Supplier;

/**
 * What images are made of.
 *
 * @param pictures good ones, of which the truth is known
 * @param broken   files that no service may read, or die of
 * @param hosts    from which images come by address; opened when they are first asked for
 */
@SuppressWarnings("ArrayRecordComponent") // never compared, never changed
record Material(List<Picture> pictures, List<byte[]> broken, Supplier<ImageHosts> hosts) {

    Material {
        pictures = List.copyOf(pictures);
        broken = List.copyOf(broken);
    }
}
